import type { CookietinError } from '../../errors.ts'
import { type Deferred, deferred } from '../../utils/deferred.ts'
import { decodeError } from '../wire/error.ts'
import type { Link, Message } from './link.ts'

/** The calls that one end of a link has made, and whose replies are awaited. */
export class Calls {
  readonly #link: Link
  readonly #host: () => string
  readonly #pending = new Map<number, Deferred<unknown>>()
  #made = 0
  #failure: CookietinError | undefined

  /** @param host - The other end, for errors. */
  constructor(link: Link, host: () => string) {
    this.#link = link
    this.#host = host
  }

  /** Makes a call. Rejects with the error of the other end, or with the reason of {@link fail}. */
  call<Value = void>(method: string, args: Readonly<Record<string, unknown>> = {}): Promise<Value> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const reply = deferred<unknown>()
    const n = ++this.#made
    this.#pending.set(n, reply)
    void this.#link.send('control', { type: 'call', n, method, args })
    return reply.promise as Promise<Value>
  }

  /** Takes a reply. */
  reply({ n, error, value }: Message): void {
    const call = this.#pending.get(Number(n))
    this.#pending.delete(Number(n))
    if (error === undefined) call?.resolve(value)
    else call?.reject(decodeError(error, this.#host()))
  }

  /** The other end is gone: every call fails, also each that comes. */
  fail(error: CookietinError): void {
    this.#failure ??= error
    for (const call of this.#pending.values()) call.reject(error)
    this.#pending.clear()
  }
}
