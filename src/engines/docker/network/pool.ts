import { BehaviorSubject, type Observable } from 'rxjs'
import { leftBy } from '../../../errors.ts'
import type { NetworkLease } from '../engine-context.ts'
import { NetworkDemand } from './demand.ts'
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

/** One of the namespaces of a pool. */
export interface PoolNamespace extends Omit<NamespaceHolderOptions, 'isFixed' | 'chooseKind' | 'onChange'> {
  /** Its kind. Undefined: what is asked for. */
  readonly networkless: boolean | undefined
}

/** Keeps network namespaces ready, which saves the start of a container from making one (Fn's prefork pool). */
export class PreforkPool {
  readonly #holders: NamespaceHolder[] = []
  readonly #usage$: BehaviorSubject<PreforkUsage>
  readonly #onClosed: () => Promise<void>
  readonly #demand: NetworkDemand
  #closing: Promise<void> | undefined

  /** `onClosed` is called when every namespace is gone. */
  constructor(options: readonly PoolNamespace[], onClosed: () => Promise<void>) {
    const size = options.length
    this.#onClosed = onClosed
    this.#demand = new NetworkDemand(size)
    this.#usage$ = new BehaviorSubject<PreforkUsage>({ size, free: 0, leased: 0, pending: size })
    for (const { networkless, ...holder } of options) {
      const chooseKind = (self: NamespaceHolder) =>
        networkless ?? this.#demand.next(this.#networkless(self)).networkless
      this.#holders.push(
        new NamespaceHolder({
          ...holder,
          isFixed: networkless !== undefined,
          chooseKind,
          onChange: () => this.#count(),
        }),
      )
    }
  }

  /** The present usage, then every change. Completes when the pool is closed. */
  get usage$(): Observable<PreforkUsage> {
    return this.#usage$
  }

  /** True when the pool has namespaces of this kind, free or not, or makes them as they are asked for. */
  serves(networkless: boolean): boolean {
    return this.#holders.some(holder => !holder.isFixed || holder.networkless === networkless)
  }

  /** Leases a namespace of this kind. Returns undefined when none is free. */
  lease(networkless: boolean): NetworkLease | undefined {
    if (this.#closing !== undefined) return undefined
    const lease = this.#holders.find(holder => holder.networkless === networkless && holder.state === 'free')?.lease()
    this.#demand.record(networkless)
    this.#adapt()
    return lease
  }

  /** Replaces a free namespace of the kind of which there are too many. */
  #adapt(): void {
    const excess = this.#demand.excess(this.#networkless())
    if (excess === undefined) return
    const { networkless } = excess
    const isSpare = (holder: NamespaceHolder) => holder.networkless === networkless && holder.state === 'free'
    this.#holders.find(holder => !holder.isFixed && isSpare(holder))?.retire()
  }

  #networkless(but?: NamespaceHolder): number {
    return this.#holders.filter(holder => holder !== but && holder.networkless).length
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
    const error = leftBy('the prefork pool', leaked)
    if (error !== undefined) throw error
  }

  #count(): void {
    const states = this.#holders.map(holder => holder.state)
    const { value } = this.#usage$
    const free = states.filter(state => state === 'free').length
    const leased = states.filter(state => state === 'leased').length
    if (free === value.free && leased === value.leased) return
    this.#usage$.next({ size: value.size, free, leased, pending: value.size - free - leased })
  }
}
