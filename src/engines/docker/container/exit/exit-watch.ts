import type { IncomingMessage } from 'node:http'
import { CookietinError } from '../../../../errors.ts'
import { noLongerNeeded } from '../../../../utils/abort.ts'
import { deferred } from '../../../../utils/deferred.ts'
import { backoff, pause } from '../../../../utils/timing.ts'
import type { Api } from '../../connection/api.ts'
import { connectionError, protocolError } from '../../connection/errors.ts'
import type { Liveness } from '../../connection/liveness.ts'
import { containerPath } from '../../connection/paths.ts'
import { inspectContainer } from '../inspect.ts'

/** The engine's report of a container's exit. */
export interface WaitReply {
  readonly exitCode: number
  readonly message: string
  /**
   * Since when the engine was reachable without a break, by `performance.now()`: 0 since the start, a later time after
   * a reconnect, Infinity when it was not reachable at the end. A stream that ended before may have been cut.
   */
  readonly reachableSince: number
}

/** The container to watch, and the limits of its calls. */
export interface WatchContext {
  readonly api: Api
  readonly liveness: Liveness
  readonly id: string
  readonly name: string
  /** Time limit of one call, in ms. */
  readonly deadline: number
  /** Time limit for finding a lost engine again, in ms. */
  readonly reconnectTimeout: number
  /**
   * The engine's wait may end before the container does, or never (Podman, dockerode#807). Then the container is also
   * inspected at intervals.
   */
  readonly isWaitUnreliable: boolean
}

/** Interval of the inspections when the wait is unreliable, in ms. */
const inspectInterval = 1_000

/** A connection that lasted this long (ms) resets the retry counter. */
const stableAfter = 5_000

/**
 * Watches for a container's exit, also across lost connections and engine restarts.
 *
 * The wait for the next exit is registered before the container is started. Its response headers confirm it: a wait
 * that is merely sent can be too late for a short container (3 of 240 hung for ever). dockerode's own `wait` never
 * settles when the connection dies after the headers, so the body is read here.
 */
export class ExitWatch {
  readonly #context: WatchContext
  readonly #end = deferred<WaitReply>()
  #response: IncomingMessage | undefined
  /** The reply of the registered wait. */
  #reply: Promise<ReadReply> | undefined
  #hasReply = false
  #unwatch: () => void = () => {}
  #inspections: NodeJS.Timeout | undefined
  #reachableSince = 0
  #isRecovering = false
  #isRepeatWanted = false
  #shortConnections = 0
  readonly #stopping = new AbortController()

  private constructor(context: WatchContext) {
    this.#context = context
  }

  /** Resolves once the engine has confirmed the wait. */
  static async register(context: WatchContext): Promise<ExitWatch> {
    const watch = new ExitWatch(context)
    const response = await watch.#ask('next-exit')
    watch.#response = response
    watch.#reply = replyOf(response, context.name).then(reply => {
      watch.#hasReply = true
      return reply
    })
    return watch
  }

  /**
   * Call it just before the start is sent. A wait that has ended by then did not wait for the exit of this start: the
   * engine, or a proxy before it, does not know `next-exit`. Its reply does not count.
   */
  starting(): void {
    if (!this.#hasReply) return
    this.#response?.destroy()
    this.#response = undefined
  }

  /** Starts watching. Call it once the container is known to have started. */
  follow(): void {
    this.#unwatch = this.#context.liveness.watch(() => void this.#recover())
    if (this.#context.isWaitUnreliable) this.#inspections = setInterval(() => void this.#recover(), inspectInterval)
    if (this.#response === undefined) void this.#recover()
    else void this.#read(this.#response, this.#reply)
  }

  /** Call it when the container's output has ended, since the exit is then likely. */
  hint(): void {
    if (this.#context.isWaitUnreliable && !this.#stopping.signal.aborted) void this.#recover()
  }

  /** Resolves with the exit, or rejects with `ERR_COOKIETIN_ENGINE_LOST` when it cannot be found out. */
  get ended(): Promise<WaitReply> {
    return this.#end.promise
  }

  /** Stops watching. {@link ended} rejects unless the exit is known. */
  close(reason?: CookietinError): void {
    this.#stopping.abort(noLongerNeeded)
    this.#unwatch()
    clearInterval(this.#inspections)
    this.#response?.destroy()
    if (!this.#end.settled) this.#end.reject(reason ?? this.#lost('the watch was given up'))
  }

  #ask(condition: 'next-exit' | 'not-running'): Promise<IncomingMessage> {
    const { api, id, name, deadline } = this.#context
    return api.stream({
      doing: `wait for container ${name}`,
      method: 'POST',
      path: containerPath(id, '/wait'),
      query: { condition },
      deadline,
    })
  }

  async #read(response: IncomingMessage, reply = replyOf(response, this.#context.name)): Promise<void> {
    const since = performance.now()
    const exit = await reply
    if (exit !== undefined) {
      if (!this.#context.isWaitUnreliable) return this.#settle(exit)
      this.#response = undefined
      await this.#recover()
    } else {
      if (this.#stopping.signal.aborted || response !== this.#response) return
      this.#response = undefined
      this.#reachableSince = Number.POSITIVE_INFINITY
      this.#shortConnections = performance.now() - since < stableAfter ? this.#shortConnections + 1 : 0
      if (this.#shortConnections > 1) await pause(backoff(this.#shortConnections), this.#stopping.signal)
      await this.#recover()
    }
  }

  /** After a cut connection or a hanging engine: finds the engine again and inspects the container. */
  async #recover(): Promise<void> {
    if (this.#isRecovering) {
      this.#isRepeatWanted = true
      return
    }
    this.#isRecovering = true
    const { signal } = this.#stopping
    const { liveness, reconnectTimeout } = this.#context
    const until = performance.now() + reconnectTimeout
    let cause: unknown
    for (let attempt = 0; !signal.aborted; attempt++) {
      const left = until - performance.now()
      if (left <= 0 || !(await liveness.found(left, signal))) {
        if (!signal.aborted) {
          this.close(this.#lost(`the engine did not come back within ${reconnectTimeout} ms`, cause))
        }
        break
      }
      try {
        this.#isRepeatWanted = false
        await this.#reinspect()
        if (!this.#isRepeatWanted) break
      } catch (error) {
        cause = error
        await pause(backoff(attempt), signal)
      }
    }
    this.#isRecovering = false
  }

  /** Returns once the exit is known, once it cannot be known, or once a wait is registered again. */
  async #reinspect(): Promise<void> {
    const { api, id, deadline } = this.#context
    const state = await inspectContainer(api, id, deadline)
    if (this.#stopping.signal.aborted) return
    if (state === undefined) return this.close(this.#lost('the engine no longer knows the container'))
    if (!state.started) return this.close(this.#lost('the engine has not started the container'))
    if (!state.running && state.status !== 'restarting') return this.#settle(state)
    // The engine was only slow: the earlier wait is still registered.
    if (this.#response !== undefined) return
    this.#response = await this.#ask('not-running')
    if (this.#reachableSince > 0) this.#reachableSince = performance.now()
    if (this.#stopping.signal.aborted) this.#response.destroy()
    else void this.#read(this.#response)
  }

  #settle({ exitCode, message }: { exitCode: number; message: string }): void {
    this.#unwatch()
    clearInterval(this.#inspections)
    this.#end.resolve({ exitCode, message, reachableSince: this.#reachableSince })
    this.#stopping.abort(noLongerNeeded)
    this.#response?.destroy()
  }

  #lost(what: string, cause?: unknown): CookietinError {
    const { name } = this.#context
    return new CookietinError(
      'ERR_COOKIETIN_ENGINE_LOST',
      `Lost sight of container ${name}: ${what}. It may still be there; \`cookietin gc\` removes it once this process is gone`,
      { leaked: [name], retryable: true, cause },
    )
  }
}

interface WaitBody {
  readonly StatusCode?: unknown
  readonly Error?: { readonly Message?: string } | null
}

type ReadReply = { exitCode: number; message: string } | undefined

/** Resolves with undefined for a reply that is cut or cannot be read. */
function replyOf(response: IncomingMessage, name: string): Promise<ReadReply> {
  return exitOf(response, name).catch(() => undefined)
}

/** Reads the body of a wait call. */
async function exitOf(response: IncomingMessage, name: string): Promise<{ exitCode: number; message: string }> {
  const doing = `wait for container ${name}`
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size > 65_536) throw new Error('the reply does not end')
    }
  } catch (error) {
    throw connectionError(error, doing, true)
  }
  let body: WaitBody
  try {
    body = JSON.parse(Buffer.concat(chunks).toString()) as WaitBody
  } catch {
    throw protocolError(doing, 'its reply is not JSON')
  }
  if (typeof body.StatusCode !== 'number') throw protocolError(doing, 'its reply has no StatusCode')
  return { exitCode: body.StatusCode, message: body.Error?.Message ?? '' }
}
