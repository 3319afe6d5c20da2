import type { IncomingMessage } from 'node:http'
import { CookietinError } from '../../../errors.ts'
import { deferred } from '../../../utils/deferred.ts'
import { backoff, pause } from '../../../utils/timing.ts'
import type { Api } from '../connection/api.ts'
import { connectionError, protocolError } from '../connection/errors.ts'
import type { Liveness } from '../connection/liveness.ts'
import { containerPath } from '../connection/paths.ts'
import { inspectContainer } from './inspect.ts'

/** What is known of a container's end. */
export interface Ended {
  readonly exitCode: number
  readonly message: string
  /**
   * Since when the engine was in sight without a break, by `performance.now()`: from the start on (0), from when it was found again, or
   * not at the end (Infinity). A stream that ended before may have been cut with the rest.
   */
  readonly inSightSince: number
}

/** What the watch needs to know. */
export interface WatchContext {
  readonly api: Api
  readonly liveness: Liveness
  readonly id: string
  readonly name: string
  /** ms for one call. */
  readonly deadline: number
  /** ms to find the engine again once it was lost. */
  readonly reconnectTimeout: number
  /** The engine's wait may end before the container does (Podman, dockerode#807), or never: what it says is looked up, and what it does not say, too. */
  readonly doubtful: boolean
}

/** How often an engine whose word is in doubt is asked, in ms. */
const doubtEvery = 1_000

/** A wait that lived this long, in ms, was no flicker: the next loss has its own time to recover. */
const steady = 5_000

/**
 * Sees a container end, whatever becomes of the connection meanwhile.
 *
 * The engine is asked to tell of the next exit before the container is started, and its headers are the receipt: a wait that is
 * merely sent can come too late for a short container (3 of 240 hung for ever). dockerode's own `wait` never settles when the
 * connection dies after the headers, so the body is read here.
 */
export class ExitWatch {
  readonly #context: WatchContext
  readonly #end = deferred<Ended>()
  #response: IncomingMessage | undefined
  #unwatch: () => void = () => {}
  #doubts: NodeJS.Timeout | undefined
  #inSightSince = 0
  #recovering = false
  #again = false
  #flickers = 0
  readonly #over = new AbortController()

  private constructor(context: WatchContext) {
    this.#context = context
  }

  /** Resolves once the engine has promised to tell of the exit. */
  static async register(context: WatchContext): Promise<ExitWatch> {
    const watch = new ExitWatch(context)
    watch.#response = await watch.#ask('next-exit')
    return watch
  }

  /** Begins to care about losses; call it once the container is known to have been started. */
  follow(): void {
    this.#unwatch = this.#context.liveness.watch(() => void this.#recover())
    if (this.#context.doubtful) this.#doubts = setInterval(() => void this.#recover(), doubtEvery)
    void this.#read(this.#response)
  }

  /** Its output has ended, and so has it, most likely. */
  hint(): void {
    if (this.#context.doubtful && !this.#over.signal.aborted) void this.#recover()
  }

  /** Settles with the end, or rejects with ERR_COOKIETIN_ENGINE_LOST when nobody can tell any more. */
  get ended(): Promise<Ended> {
    return this.#end.promise
  }

  /** Gives up: what is not known by now stays unknown. */
  close(reason?: CookietinError): void {
    this.#over.abort()
    this.#unwatch()
    clearInterval(this.#doubts)
    this.#response?.destroy()
    this.#end.reject(reason ?? this.#lost('the watch was given up'))
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

  async #read(response: IncomingMessage | undefined): Promise<void> {
    if (response === undefined) return
    const since = performance.now()
    try {
      const end = await exitOf(response, this.#context.name)
      if (!this.#context.doubtful) return this.#settle(end)
      this.#response = undefined
      await this.#recover()
    } catch {
      if (this.#over.signal.aborted || response !== this.#response) return
      this.#response = undefined
      this.#inSightSince = Number.POSITIVE_INFINITY
      this.#flickers = performance.now() - since < steady ? this.#flickers + 1 : 0
      if (this.#flickers > 1) await pause(backoff(this.#flickers), this.#over.signal)
      await this.#recover()
    }
  }

  /** The connection was cut or the engine hangs: find it again and ask what became of the container. */
  async #recover(): Promise<void> {
    if (this.#recovering) {
      this.#again = true
      return
    }
    this.#recovering = true
    const { signal } = this.#over
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
        this.#again = false
        await this.#catchUp()
        if (!this.#again) break
      } catch (error) {
        cause = error
        await pause(backoff(attempt), signal)
      }
    }
    this.#recovering = false
  }

  /** Returns once the end is known, or known to stay unknown, or a wait stands again. */
  async #catchUp(): Promise<void> {
    const { api, id, deadline } = this.#context
    const state = await inspectContainer(api, id, deadline)
    if (this.#over.signal.aborted) return
    if (state === undefined) return this.close(this.#lost('the engine does not know the container any more'))
    if (!state.started) return this.close(this.#lost('the engine has not started the container'))
    if (!state.running && state.status !== 'restarting') return this.#settle(state)
    // The engine was slow, and the wait from before still stands.
    if (this.#response !== undefined) return
    this.#response = await this.#ask('not-running')
    if (this.#inSightSince > 0) this.#inSightSince = performance.now()
    if (this.#over.signal.aborted) this.#response.destroy()
    else void this.#read(this.#response)
  }

  #settle({ exitCode, message }: { exitCode: number; message: string }): void {
    this.#unwatch()
    clearInterval(this.#doubts)
    this.#end.resolve({ exitCode, message, inSightSince: this.#inSightSince })
    this.#over.abort()
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

/** Reads the reply that a wait gives in the end. */
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
