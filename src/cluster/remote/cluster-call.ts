import type { RemoteCall, RemoteRequest, RemoteResponse, ServedCallRecord } from '../../engines/remote-functions.ts'
import { CookietinError } from '../../errors.ts'
import { deferred } from '../../utils/deferred.ts'
import type { Message } from '../link/link.ts'
import type { WireFunction } from '../wire/function.ts'
import { CallAttempt } from './call-attempt.ts'
import type { ClusterClient } from './cluster-client.ts'
import type { FunctionHostStatus } from './hosts.ts'

/** The function of a call. */
export interface CalledFunction {
  readonly key: string
  readonly wire: WireFunction
  /** A call whose host was lost is made again. */
  readonly mayRerun: boolean
}

/** Bytes of a body that travel with the call. */
const inlineBody = 64 * 1024

/** How often a call is made at most, when its hosts are lost. */
const mostAttempts = 3

/** A call on its way: it goes to a host, and to another one where that does not take it. */
export class ClusterCall implements RemoteCall {
  readonly #client: ClusterClient
  readonly #request: RemoteRequest
  readonly #function: CalledFunction
  readonly #response = deferred<RemoteResponse>()
  readonly #over = deferred<ServedCallRecord | undefined>()
  readonly #ending = new AbortController()
  #attempt: CallAttempt | undefined
  #attempts = 0

  constructor(client: ClusterClient, request: RemoteRequest, called: CalledFunction) {
    this.#client = client
    this.#request = request
    this.#function = called
    void this.#run().catch(error => {
      this.#response.reject(error)
      this.#over.resolve(undefined)
    })
  }

  get response(): Promise<RemoteResponse> {
    return this.#response.promise
  }

  get over(): Promise<ServedCallRecord | undefined> {
    return this.#over.promise
  }

  abort(error: Error): void {
    this.#ending.abort(error)
    this.#attempt?.abort(error)
  }

  async #run(): Promise<void> {
    const { key, wire, mayRerun } = this.#function
    const { signal } = this.#ending
    const refused = new Set<string>()
    const isRepeatable = this.#inline !== null
    for (let losses = 0; ; ) {
      const place = await this.#client.hosts.pick(key, refused, signal)
      if (place === undefined) {
        this.#release()
        throw signal.reason
      }
      const { status: host } = place
      try {
        // Most hosts know the function.
        let first = await this.#try(host, undefined)
        if (first === 'unknown') first = await this.#try(host, wire)
        if (typeof first === 'object') {
          this.#response.resolve(first)
          this.#over.resolve(await this.#attempt?.over)
          return
        }
        // It takes no calls any more. It may be the only one for now.
        refused.add(host.worker)
        await this.#client.hosts.look()
      } catch (error) {
        const isLost = error instanceof CookietinError && error.code === 'ERR_COOKIETIN_HOST_LOST'
        if (!isLost || !mayRerun || !isRepeatable || signal.aborted || ++losses >= mostAttempts) throw error
      } finally {
        place.release()
      }
    }
  }

  /** Text and bytes, which can be sent again; null for what is read once. */
  get #inline(): Uint8Array | undefined | null {
    const { body } = this.#request
    if (body === undefined) return undefined
    if (typeof body === 'string') return Buffer.from(body)
    return body instanceof Uint8Array ? body : null
  }

  async #try(host: FunctionHostStatus, wire: WireFunction | undefined) {
    const { id, timeout, headers, body, stdout, stderr } = this.#request
    const inline = this.#inline
    const isSmall = inline != null && inline.length <= inlineBody
    const message: Message = {
      type: 'invoke',
      id,
      key: this.#function.key,
      wire,
      // Infinity is none in JSON.
      timeout: Number.isFinite(timeout) ? timeout : undefined,
      headers,
      hasBody: body !== undefined,
      logs: { stdout: stdout !== undefined, stderr: stderr !== undefined },
      ...(isSmall && { data: inline }),
    }
    const attempt = new CallAttempt({
      ...{ client: this.#client, host, message, stdout, stderr },
      run: `call.${id}.${++this.#attempts}`,
      body:
        isSmall || body === undefined
          ? undefined
          : inline === null
            ? (body as AsyncIterable<Uint8Array>)
            : once(inline),
      onBroken: error => this.abort(inputFailed(error)),
    })
    this.#attempt = attempt
    if (this.#ending.signal.aborted) attempt.abort(this.#ending.signal.reason)
    return await attempt.first
  }

  /** The body was not sent. */
  #release(): void {
    const { body } = this.#request
    if (this.#inline === null) void (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]().return?.()
  }
}

async function* once(bytes: Uint8Array | undefined) {
  if (bytes !== undefined) yield bytes
}

const inputFailed = (cause: Error) =>
  new CookietinError('ERR_COOKIETIN_INPUT_FAILED', `Could not send the body of the call: ${cause.message}`, { cause })
