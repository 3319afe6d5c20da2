import { BehaviorSubject, type Observable } from 'rxjs'
import { CookietinError } from '../../../errors.ts'
import type { NetworkLease } from '../network-source.ts'
import { NamespaceHolder, type NamespaceHolderOptions } from './namespace.ts'

/** The namespaces of a prefork pool by their state; together they are `size`. */
export interface PreforkUsage {
  readonly size: number
  /** Ready to be joined. */
  readonly free: number
  /** Joined by a cookie. */
  readonly leased: number
  /** Being made, resting or being replaced. */
  readonly pending: number
}

/** Holds network namespaces ready, so that the start of a container need not make one (the seed's prefork pool). */
export class PreforkPool {
  readonly #holders: readonly NamespaceHolder[]
  readonly #usage$: BehaviorSubject<PreforkUsage>
  readonly #closed: () => Promise<void>
  #closing: Promise<void> | undefined

  /** `closed` is called when every holder is gone. */
  constructor(options: readonly Omit<NamespaceHolderOptions, 'changed'>[], closed: () => Promise<void>) {
    this.#closed = closed
    this.#usage$ = new BehaviorSubject<PreforkUsage>({
      size: options.length,
      free: 0,
      leased: 0,
      pending: options.length,
    })
    this.#holders = options.map(holder => new NamespaceHolder({ ...holder, changed: () => this.#count() }))
  }

  /** The present usage, then every change; completes when the pool is closed. */
  get usage$(): Observable<PreforkUsage> {
    return this.#usage$
  }

  /** True when it holds namespaces of this kind at all. */
  serves(networkless: boolean): boolean {
    return this.#holders.some(holder => holder.networkless === networkless)
  }

  /** A namespace of this kind, or undefined when none is free. */
  lease(networkless: boolean): NetworkLease | undefined {
    if (this.#closing !== undefined) return undefined
    return this.#holders.find(holder => holder.networkless === networkless && holder.state === 'free')?.lease()
  }

  /** Removes every holder. Rejects with `ERR_COOKIETIN_NOT_CLEANED`, naming what may be left. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const leaked = (await Promise.all(this.#holders.map(holder => holder.close()))).flat()
    await this.#closed()
    this.#usage$.complete()
    if (leaked.length === 0) return
    throw new CookietinError(
      'ERR_COOKIETIN_NOT_CLEANED',
      `Of the prefork pool, ${leaked.join(', ')} may still exist; \`cookietin gc\` finds them once this process is gone`,
      { leaked },
    )
  }

  #count(): void {
    // The first changes come while the list is being made.
    const states = (this.#holders ?? []).map(holder => holder.state)
    const size = this.#usage$.value.size
    const free = states.filter(state => state === 'free').length
    const leased = states.filter(state => state === 'leased').length
    const { value } = this.#usage$
    if (free === value.free && leased === value.leased) return
    this.#usage$.next({ size, free, leased, pending: size - free - leased })
  }
}
