import type { CookieOptions } from '../cookie/cookie.ts'
import type { OpenCookie } from '../cookie/open-cookie.ts'
import type { EngineDriver } from '../driver/engine-driver.ts'
import type { FunctionHost } from '../functions/host.ts'
import { SocketFolders } from '../functions/socket/folder.ts'
import type { Owner } from '../queue/admission-queue.ts'
import type { Evictable } from '../queue/evictor.ts'
import { Evictor } from '../queue/evictor.ts'
import type { Demand } from '../queue/resource-pool.ts'
import type { Admission, Scheduler } from '../queue/scheduler.ts'
import type { ContainerTask, ResolvedTask } from '../task/task.ts'
import { deferred } from '../utils/deferred.ts'

/** How long one in line waits for containers to become free by themselves, in ms, before they may not serve on. */
const patience = 500

/** That of every hot container in the line. */
const priority = 0

/** How many of those in line are looked at. */
const depth = 64

/** What an executor does for its functions: their containers wait in the same line as its tasks, and make room for them. */
export class ExecutorFunctionHost implements FunctionHost {
  readonly folders = new SocketFolders()
  readonly inspect: CookieOptions['inspect']
  readonly #driver: EngineDriver
  readonly #scheduler: Scheduler
  readonly #opened: (cookie: OpenCookie) => void
  readonly #evictor = new Evictor()

  constructor(
    driver: EngineDriver,
    scheduler: Scheduler,
    inspect: CookieOptions['inspect'],
    opened: (cookie: OpenCookie) => void,
  ) {
    this.#driver = driver
    this.#scheduler = scheduler
    this.inspect = inspect
    this.#opened = opened
    scheduler.onBlocked = () => this.#makeRoom()
  }

  resolve(task: ContainerTask): ResolvedTask {
    return this.#driver.resolve(task)
  }

  open(task: ResolvedTask): OpenCookie {
    // What it writes goes to the callers; what it uses is not one run's.
    const cookie = this.#driver.open(task, { maxOutput: 0, maxStats: 0, inspect: this.inspect })
    this.#opened(cookie)
    return cookie
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

  mustYield(owner: Owner): boolean {
    let seen = 0
    for (const { owner: other, since, priority: theirs } of this.#scheduler.shortages()) {
      if (theirs < priority || ++seen > depth) return false
      if (performance.now() - since > patience && hasPrecedence(other, owner)) return true
    }
    return false
  }

  /**
   * Ends containers that nobody calls for the first in line. What a function shortages to have more of its own containers it does not get
   * of its own; those behind it who can have that then go before it.
   */
  #makeRoom(): void {
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

/** A task always; a function that has none, or so many fewer that it still has no more when it got one: else the two would take turns. */
function hasPrecedence(other: Owner | undefined, owner: Owner): boolean {
  if (other === undefined) return true
  return other !== owner && (other.size === 0 || other.size + 2 <= owner.size)
}
