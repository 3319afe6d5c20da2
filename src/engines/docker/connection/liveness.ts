import { onAbort } from '../../../utils/abort.ts'
import { backoff, pause } from '../../../utils/timing.ts'
import type { Api } from './api.ts'
import { isOutOfFiles, isUnreached, replyOf } from './errors.ts'

/** How an engine is watched. */
export interface LivenessOptions {
  /** Interval of the pings while containers run, in ms. */
  readonly interval: number
  /** Time limit of one ping, in ms. */
  readonly deadline: number
  /** Reopens the tunnel to the engine, where there is one. */
  revive(): Promise<void>
}

/**
 * Knows whether the engine is reachable. While containers run it pings the engine, so that a hanging engine is noticed
 * even when no other call is in flight. After a restart it finds the engine again, with one search for all callers.
 */
export class Liveness {
  readonly #api: Api
  readonly #options: LivenessOptions
  readonly #listeners = new Set<() => void>()
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #pinging = false
  #waiters = 0
  #search: Promise<void> | undefined
  #stopSearch = new AbortController()

  constructor(api: Api, options: LivenessOptions) {
    this.#api = api
    this.#options = options
  }

  /** Calls back each time a ping fails, until the returned function is called. */
  watch(onFailure: () => void): () => void {
    this.#listeners.add(onFailure)
    // The timer must not keep the process alive. The containers' own connections do that.
    this.#timer ??= setInterval(() => void this.#check(), this.#options.interval).unref()
    return () => {
      this.#listeners.delete(onFailure)
      if (this.#listeners.size > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }

  /** Resolves with true as soon as the engine answers, with false after `ms`, on abort, and when it is closed. */
  async found(ms: number, signal?: AbortSignal): Promise<boolean> {
    if (this.closed) return false
    this.#waiters++
    const giveUp = new AbortController()
    const release = onAbort(signal, () => giveUp.abort())
    try {
      this.#search ??= this.#find()
      return await Promise.race([this.#search.then(() => !this.closed), pause(ms, giveUp.signal).then(() => false)])
    } finally {
      release()
      giveUp.abort()
      this.#waiters--
      if (this.#waiters === 0) this.#stopSearch.abort()
    }
  }

  /** True once the engine is no longer searched for. */
  get closed(): boolean {
    return this.#closing.signal.aborted
  }

  close(): void {
    this.#closing.abort()
    this.#stopSearch.abort()
    clearInterval(this.#timer)
    this.#listeners.clear()
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
    // Without a file descriptor nothing was asked: that says nothing of the engine, and the containers' own connections are open.
    const hasFailed = await this.ping(this.#closing.signal).then(
      () => false,
      error => !isOutOfFiles(error),
    )
    this.#pinging = false
    if (hasFailed) for (const onFailure of [...this.#listeners]) onFailure()
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
      // An engine that answers with an error is reachable.
      return replyOf(error) !== undefined
    }
  }
}

/** The parts of an engine that {@link untilReachable} needs. */
export interface ReachableContext {
  readonly liveness: Pick<Liveness, 'found'>
  readonly config: { readonly reconnectTimeout: number }
}

/** How long, and for which failures, a call is repeated. */
export interface RepeatOptions {
  /** Once aborted, the call is not repeated. */
  readonly signal: AbortSignal
  /** The failures after which the call may be repeated. Default: those of calls that did not reach the engine. */
  readonly mayRepeat?: (error: unknown) => boolean
}

/**
 * Makes a call, and repeats it while the engine cannot be reached or this process has no more file descriptors, for
 * `reconnectTimeout` at most. A restart of the engine must not fail every task that waits in a queue.
 */
export async function untilReachable<T>(
  { liveness, config }: ReachableContext,
  call: () => Promise<T>,
  { signal, mayRepeat = isUnreached }: RepeatOptions,
): Promise<T> {
  const until = performance.now() + config.reconnectTimeout
  for (let attempt = 0; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      const left = until - performance.now()
      if (!mayRepeat(error) || left <= 0) throw error
      const goesOn = await pause(Math.min(backoff(attempt), left), signal)
      if (!goesOn || !(await liveness.found(Math.max(1, until - performance.now()), signal))) throw error
    }
  }
}
