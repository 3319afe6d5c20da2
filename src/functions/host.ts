import type { CookieOptions } from '../cookie/cookie.ts'
import type { OpenCookie } from '../cookie/open-cookie.ts'
import type { Owner } from '../queue/admission-queue.ts'
import type { Evictable } from '../queue/evictor.ts'
import type { Demand } from '../queue/resource-pool.ts'
import type { Admission } from '../queue/scheduler.ts'
import type { ContainerTask, ResolvedTask } from '../task/task.ts'
import type { SocketFolders } from './socket/folder.ts'

/** What a function needs of its executor. */
export interface FunctionHost {
  readonly inspect: CookieOptions['inspect']
  readonly folders: SocketFolders
  /** Validates a task by the rules of the driver. */
  resolve(task: ContainerTask): ResolvedTask
  /** Makes the cookie of a hot container. */
  open(task: ResolvedTask): OpenCookie
  /** How many containers that take as much there may ever be at once. */
  capacity(demand: Demand): number
  /** Queues for a place. */
  admit(id: string, demand: Demand, owner: Owner): Admission
  /** While it is here, it may be evicted for others. */
  offer(evictable: Evictable): void
  withdraw(evictable: Evictable): void
  /** It holds nothing any more. */
  gone(evictable: Evictable): void
  /** True when somebody else has waited so long that a container of the owner which is free must not serve its next call. */
  mustYield(owner: Owner): boolean
}
