import type { CookieOptions } from '../cookie/cookie.ts'
import type { OpenCookie } from '../cookie/open-cookie.ts'
import type { SpareContainers, SpareKind } from '../engines/engine.ts'
import type { Owner } from '../executor/queue/admission-queue.ts'
import type { Evictable } from '../executor/queue/evictor.ts'
import type { Demand } from '../executor/queue/resource-pool.ts'
import type { Admission } from '../executor/queue/scheduler.ts'
import type { ResolvedTask } from '../task/resolved-task.ts'
import type { ContainerTask } from '../task/task.ts'
import type { CallObserver, ObservedCall } from './call/record.ts'
import type { SocketFolders } from './socket/folder.ts'

/** What a function needs of its executor. */
export interface FunctionHost {
  readonly inspect: CookieOptions['inspect']
  readonly folders: SocketFolders
  /** Follows each call; undefined when nothing does. */
  readonly observeCall: ((call: ObservedCall) => CallObserver | undefined) | undefined
  /** What all tasks together may hold. */
  readonly total: Demand
  /** Validates a task by the rules of the driver. */
  resolve(task: ContainerTask): ResolvedTask
  /** Begins to make containers ahead. */
  openSpares(kind: SpareKind): SpareContainers
  /** Makes the cookie of a hot container. */
  open(task: ResolvedTask, functionName: string): OpenCookie
  /** How many containers with this demand may ever run at once. */
  capacity(demand: Demand): number
  /** Queues for admission. */
  admit(id: string, demand: Demand, owner: Owner): Admission
  /** Allows an idle container to be evicted for other work, until it is withdrawn. */
  offer(evictable: Evictable): void
  withdraw(evictable: Evictable): void
  /** An evicted container is removed, and its memory and CPUs are free. */
  gone(evictable: Evictable): void
  /** The owner has no container left that serves: its calls are waiting for the next one. */
  promote(owner: Owner): void
  /** Returns true when other work has waited so long that an idle container of this owner must not serve its next call. */
  mustYield(owner: Owner): boolean
}
