import { CookietinError, InvalidInputError } from '../errors.ts'
import { type Deferred, deferred } from '../utils/deferred.ts'

/** Waiters for a number of containers that listen. */
export class Prewarming {
  readonly #waiting: { readonly goal: number; readonly ready: Deferred<void> }[] = []

  /** The largest number that is waited for. */
  get goal(): number {
    return Math.max(0, ...this.#waiting.map(({ goal }) => goal))
  }

  /**
   * @param most - How many containers the function may have.
   * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
   */
  async wait(count: number, most: number): Promise<void> {
    const goal = Math.min(count, most)
    if (!(goal >= 0 && Number.isFinite(goal) && (Number.isInteger(count) || count === Infinity))) throw badCount(count)
    const ready = deferred<void>()
    this.#waiting.push({ goal, ready })
    await ready.promise
  }

  /** Resolves the waiters whose number is reached. */
  report(listening: number): void {
    if (this.#waiting.length === 0) return
    for (const each of this.#waiting.filter(({ goal }) => goal <= listening)) {
      this.#waiting.splice(this.#waiting.indexOf(each), 1)
      each.ready.resolve()
    }
  }

  /** Rejects the oldest waiter. Returns false when there is none. */
  fail(error: unknown): boolean {
    const oldest = this.#waiting.shift()
    oldest?.ready.reject(error)
    return oldest !== undefined
  }
}

/** The error of a call to a function that is closed. */
export function closedError(): CookietinError {
  return new CookietinError('ERR_COOKIETIN_CLOSED', 'Cannot call the function: it is closed')
}

/** The error for a number of containers that is not one. */
function badCount(count: unknown): CookietinError {
  return new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [
    { field: 'count', value: String(count), allowed: 'a whole number from 0 up' },
  ])
}
