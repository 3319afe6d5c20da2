import { CookietinError, InvalidInputError } from '../errors.ts'
import { type Deferred, deferred } from '../utils/deferred.ts'

/** Those who wait for a function to have so many containers that listen. */
export class Prewarming {
  readonly #waiting: { readonly goal: number; readonly ready: Deferred<void> }[] = []

  /** The most that anybody waits for. */
  get goal(): number {
    return Math.max(0, ...this.#waiting.map(({ goal }) => goal))
  }

  /**
   * @param most how many there may ever be
   * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
   */
  async wait(count: number, most: number): Promise<void> {
    const goal = Math.min(count, most)
    if (!(goal >= 0 && Number.isFinite(goal) && (Number.isInteger(count) || count === Infinity))) throw badCount(count)
    const ready = deferred<void>()
    this.#waiting.push({ goal, ready })
    await ready.promise
  }

  /** So many listen now. */
  tell(listening: number): void {
    for (const each of this.#waiting.filter(({ goal }) => goal <= listening)) {
      this.#waiting.splice(this.#waiting.indexOf(each), 1)
      each.ready.resolve()
    }
  }

  /** Rejects the one that waits longest; false where none does. */
  fail(error: unknown): boolean {
    const oldest = this.#waiting.shift()
    oldest?.ready.reject(error)
    return oldest !== undefined
  }
}

/** It takes no more calls. */
export function closedError(): CookietinError {
  return new CookietinError('ERR_COOKIETIN_CLOSED', 'Cannot call the function: it is closed')
}

/** Nobody can have so many containers. */
function badCount(count: unknown): CookietinError {
  return new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [
    { field: 'count', value: String(count), allowed: 'a whole number from 0 up' },
  ])
}
