import { BehaviorSubject, type Observable } from 'rxjs'
import { CookietinError } from '../../../errors.ts'
import type { NetworkLease } from '../engine-context.ts'
import { NamespaceHolder, type NamespaceHolderOptions } from './namespace.ts'

/** The number of namespaces of a prefork pool by their state. Together they are `size`. */
export interface PreforkUsage {
  readonly size: number
  /** Ready to be joined. */
  readonly free: number
  /** Joined by a cookie. */
  readonly leased: number
  /** Being made, resting or being replaced. */
  readonly pending: number
}

/** Keeps network namespaces ready, which saves the start of a container from making one (Fn's prefork pool). */
export class PreforkPool {
  readonly #holders: readonly NamespaceHolder[]
  readonly #usage$: BehaviorSubject<PreforkUsage>
  readonly #onClosed: () => Promise<void>
  #closing: Promise<void> | undefined

  /** `onClosed` is called when every namespace is gone. */
  constructor(options: readonly Omit<NamespaceHolderOptions, 'onChange'>[], onClosed: () => Promise<void>) {
    this.#onClosed = onClosed
    this.#usage$ = new BehaviorSubject<PreforkUsage>({
      size: options.length,
      free: 0,
      leased: 0,
      pending: options.length,
    })
    this.#holders = options.map(holder => new NamespaceHolder({ ...holder, onChange: () => this.#count() }))
  }

  /** The present usage, then every change. Completes when the pool is closed. */
  get usage$(): Observable<PreforkUsage> {
    return this.#usage$
  }

  /** True when the pool has namespaces of this kind, free or not. */
  serves(networkless: boolean): boolean {
    return this.#holders.some(holder => holder.networkless === networkless)
  }

  /** Leases a namespace of this kind. Returns undefined when none is free. */
  lease(networkless: boolean): NetworkLease | undefined {
    if (this.#closing !== undefined) return undefined
    return this.#holders.find(holder => holder.networkless === networkless && holder.state === 'free')?.lease()
  }

  /**
   * Removes every namespace.
   *
   * @throws CookietinError `ERR_COOKIETIN_NOT_CLEANED`, with the containers that may still exist.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const leaked = (await Promise.all(this.#holders.map(holder => holder.close()))).flat()
    await this.#onClosed()
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
    const { value } = this.#usage$
    const free = states.filter(state => state === 'free').length
    const leased = states.filter(state => state === 'leased').length
    if (free === value.free && leased === value.leased) return
    this.#usage$.next({ size: value.size, free, leased, pending: value.size - free - leased })
  }
}
