import type { CookieOptions } from '../cookie/cookie.ts'
import type { OpenCookie } from '../cookie/open-cookie.ts'
import type { Transition } from '../cookie/result.ts'
import type { EngineDriver } from '../driver/engine-driver.ts'
import type { SpareContainers, SpareKind } from '../engines/engine.ts'
import type { FunctionHost } from '../functions/host.ts'
import { SocketFolders } from '../functions/socket/folder.ts'
import type { ResolvedTask } from '../task/resolved-task.ts'
import type { ContainerTask, StopOptions } from '../task/task.ts'
import { deferred } from '../utils/deferred.ts'
import { type ExecutorObserver, openObserved, withObserved } from './observers/instrumentation.ts'
import type { RunRecorder } from './observers/run-log.ts'
import type { Owner } from './queue/admission-queue.ts'
import type { Evictable } from './queue/evictor.ts'
import { Evictor } from './queue/evictor.ts'
import type { Demand } from './queue/resource-pool.ts'
import type { Admission, Scheduler } from './queue/scheduler.ts'
import { openSpares } from './template.ts'

/** After waiting this long (ms), queued work gets the next free container. */
const yieldAfter = 500

/** The priority of hot containers. */
const priority = 0

/** How much queued work is examined. */
const searchDepth = 64

/** Runs functions on an executor: their containers are queued with its tasks, and are evicted for them. */
export class ExecutorFunctionHost implements FunctionHost {
  readonly folders: SocketFolders
  readonly inspect: CookieOptions['inspect']
  readonly #driver: EngineDriver
  readonly #scheduler: Scheduler
  readonly #onTransition: (transition: Transition) => void
  readonly #stop: StopOptions
  readonly #observer: ExecutorObserver | undefined
  readonly observeCall: FunctionHost['observeCall']
  readonly #evictor = new Evictor()

  constructor(
    driver: EngineDriver,
    scheduler: Scheduler,
    inspect: CookieOptions['inspect'],
    onTransition: (transition: Transition) => void,
    stop: StopOptions = {},
    observer?: ExecutorObserver,
    called?: RunRecorder['called'],
  ) {
    this.#observer = observer
    this.observeCall = callObserver(observer, called)
    this.#stop = stop
    this.#driver = driver
    this.folders = new SocketFolders(driver.engine.socketSharing?.folder)
    this.#scheduler = scheduler
    this.inspect = inspect
    this.#onTransition = onTransition
    scheduler.onBlocked = () => this.#makeRoom()
  }

  get total(): Demand {
    return this.#scheduler.total
  }

  resolve(task: ContainerTask): ResolvedTask {
    return this.#driver.resolve(task, this.#stop)
  }

  openSpares(kind: SpareKind): SpareContainers {
    return openSpares(this.#driver.engine, kind)
  }

  open(task: ResolvedTask, functionName: string): OpenCookie {
    // Its output goes to the callers. Its samples belong to many calls.
    const options = { maxOutput: 0, maxStats: 0, inspect: this.inspect }
    const observer = this.#observer?.container({ task, functionName })
    if (observer === undefined) return this.#driver.open(task, { ...options, onTransition: this.#onTransition })
    return openObserved(task, observer, observed =>
      this.#driver.open(withObserved(task, observer), {
        ...options,
        onTransition: transition => {
          observed(transition)
          this.#onTransition(transition)
        },
      }),
    )
  }

  capacity(demand: Demand): number {
    return this.#scheduler.capacity(demand)
  }

  admit(id: string, demand: Demand, owner: Owner): Admission {
    const granted = deferred<() => void>()
    this.#scheduler.add(
      { id, priority, demand, owner },
      () => new Promise<void>(release => granted.resolve(() => release())),
    )
    return {
      granted: granted.promise,
      withdraw: () => {
        const waited = this.#scheduler.withdraw(id)
        if (waited) granted.reject(undefined)
        return waited
      },
    }
  }

  offer(evictable: Evictable): void {
    this.#evictor.offer(evictable)
    this.#makeRoom()
  }

  withdraw(evictable: Evictable): void {
    this.#evictor.withdraw(evictable)
  }

  gone(evictable: Evictable): void {
    this.#evictor.gone(evictable)
  }

  promote(owner: Owner): void {
    this.#scheduler.promote(owner)
  }

  mustYield(owner: Owner): boolean {
    let seen = 0
    for (const { owner: other, since, priority: theirs } of this.#scheduler.shortages()) {
      if (theirs < priority || ++seen > searchDepth) return false
      if (performance.now() - since > yieldAfter && hasPrecedence(other, owner)) return true
    }
    return false
  }

  /**
   * Evicts idle containers for the first queued work. A function that lacks only what its own idle containers hold gets none of them;
   * the work behind it goes before it.
   */
  #makeRoom(): void {
    if (this.#evictor.isEmpty) return
    const passed = new Set<Owner>()
    for (const shortage of this.#scheduler.shortages()) {
      const { owner } = shortage
      if (passed.size > 0 && shortage.priority < priority) return
      if (owner !== undefined && passed.has(owner)) continue
      if (this.#evictor.makeRoom(shortage)) {
        for (const each of passed) this.#scheduler.moveToBack(each)
        return
      }
      if (owner === undefined || !this.#evictor.hasItself(shortage)) return
      passed.add(owner)
    }
  }
}

/** Undefined where nobody asks for calls: it would cost a part of a warm one. */
function callObserver(
  observer: ExecutorObserver | undefined,
  called: RunRecorder['called'],
): FunctionHost['observeCall'] {
  if (called === undefined) return observer && (call => observer.call(call))
  return call => {
    const followed = observer?.call(call)
    return {
      headers: followed?.headers ?? {},
      ended(record) {
        followed?.ended(record)
        called(call, record)
      },
    }
  }
}

/** True for tasks, for functions without containers, and for functions with so many fewer that one more does not reverse the order. */
function hasPrecedence(other: Owner | undefined, owner: Owner): boolean {
  if (other === undefined) return true
  return other !== owner && (other.size === 0 || other.size + 2 <= owner.size)
}
