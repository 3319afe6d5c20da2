import type { OpenCookie } from '../cookie/open-cookie.ts'
import type { CookieOptions } from '../cookie.ts'
import { deferred } from '../deferred.ts'
import type { EngineDriver } from '../driver.ts'
import { Evictor } from '../hot/evictor.ts'
import { SocketFolders } from '../hot/folder.ts'
import type { Admission, Evictable, HotHost } from '../hot/host.ts'
import type { ContainerTask, ResolvedTask } from '../task.ts'
import type { Lanes } from './lanes.ts'
import type { Demand } from './resources.ts'

/** How long the first in line waits for containers to become free by themselves, in ms, before they may not serve on. */
const patience = 500

/** What an executor does for its functions: their containers wait in the same line as its tasks, and make room for them. */
export class ExecutorHost implements HotHost {
  readonly folders = new SocketFolders()
  readonly inspect: CookieOptions['inspect']
  readonly #driver: EngineDriver
  readonly #lanes: Lanes
  readonly #opened: (cookie: OpenCookie) => void
  readonly #evictor = new Evictor()

  constructor(
    driver: EngineDriver,
    lanes: Lanes,
    inspect: CookieOptions['inspect'],
    opened: (cookie: OpenCookie) => void,
  ) {
    this.#driver = driver
    this.#lanes = lanes
    this.inspect = inspect
    this.#opened = opened
    lanes.onBlocked = () => this.#makeRoom()
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

  admit(id: string, demand: Demand): Admission {
    const granted = deferred<() => void>()
    this.#lanes.add({ id, priority: 0, demand }, () => new Promise<void>(release => granted.resolve(() => release())))
    return {
      granted: granted.promise,
      withdraw: () => {
        const waited = this.#lanes.withdraw(id)
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

  mustYield(): boolean {
    const lack = this.#lanes.lack()
    return lack !== undefined && performance.now() - lack.since > patience
  }

  #makeRoom(): void {
    const lack = this.#lanes.lack()
    if (lack !== undefined) this.#evictor.makeRoom(lack)
  }
}
