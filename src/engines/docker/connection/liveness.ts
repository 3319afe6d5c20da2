import { onAbort } from '../../../utils/abort.ts'
import { backoff, pause } from '../../../utils/timing.ts'
import type { Api } from './api.ts'
import { replyOf } from './errors.ts'

/** How an engine is watched. */
export interface LivenessOptions {
  /** How often it is asked for a sign of life while containers run, in ms. */
  readonly every: number
  /** ms for one ping. */
  readonly deadline: number
  /** Makes the way to it again, where that is a tunnel. */
  revive(): Promise<void>
}

/**
 * Knows whether the engine is there. While containers run it pings it, so that one that hangs is noticed even when no call
 * of ours is under way; and it finds it again after a restart, once for all who wait.
 */
export class Liveness {
  readonly #api: Api
  readonly #options: LivenessOptions
  readonly #suspicious = new Set<() => void>()
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #pinging = false
  #seekers = 0
  #search: Promise<void> | undefined
  #stopSearch = new AbortController()

  constructor(api: Api, options: LivenessOptions) {
    this.#api = api
    this.#options = options
  }

  /** Calls back each time a ping fails, until the returned function is called. */
  watch(suspect: () => void): () => void {
    this.#suspicious.add(suspect)
    // It must not keep the process alive: the containers' own connections do, as long as they are there.
    this.#timer ??= setInterval(() => void this.#check(), this.#options.every).unref()
    return () => {
      this.#suspicious.delete(suspect)
      if (this.#suspicious.size > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }

  /** Resolves true as soon as the engine answers, false when it has not within `ms` or nobody asks any more. */
  async found(ms: number, signal?: AbortSignal): Promise<boolean> {
    if (this.closed) return false
    this.#seekers++
    const giveUp = new AbortController()
    const release = onAbort(signal, () => giveUp.abort())
    try {
      this.#search ??= this.#find()
      return await Promise.race([this.#search.then(() => !this.closed), pause(ms, giveUp.signal).then(() => false)])
    } finally {
      release()
      giveUp.abort()
      this.#seekers--
      if (this.#seekers === 0) this.#stopSearch.abort()
    }
  }

  /** True once nobody may look for the engine any more. */
  get closed(): boolean {
    return this.#closing.signal.aborted
  }

  close(): void {
    this.#closing.abort()
    this.#stopSearch.abort()
    clearInterval(this.#timer)
    this.#suspicious.clear()
  }

  /** One ping. */
  async ping(signal?: AbortSignal): Promise<void> {
    await this.#api.request({
      doing: 'ping the engine',
      method: 'GET',
      path: '/_ping',
      text: true,
      deadline: this.#options.deadline,
      signal,
    })
  }

  async #check(): Promise<void> {
    if (this.#pinging) return
    this.#pinging = true
    const alive = await this.ping(this.#closing.signal).then(
      () => true,
      () => false,
    )
    this.#pinging = false
    if (!alive) for (const suspect of [...this.#suspicious]) suspect()
  }

  async #find(): Promise<void> {
    this.#stopSearch = new AbortController()
    const { signal } = this.#stopSearch
    for (let attempt = 0; !signal.aborted && !(await this.#answers(signal)); attempt++) {
      await pause(backoff(attempt), signal)
    }
    this.#search = undefined
  }

  async #answers(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#options.revive()
      await this.ping(signal)
      return true
    } catch (error) {
      // What answers, even with an error of its own, is there.
      return replyOf(error) !== undefined
    }
  }
}
