import type { RemoteCall, RemoteRequest, RemoteResponse, ServedCallRecord } from '../../engines/remote-functions.ts'
import { CookietinError } from '../../errors.ts'
import { releaseBody } from '../../functions/http/request-body.ts'
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
  readonly #body: Body
  readonly #response = deferred<RemoteResponse>()
  readonly #over = deferred<ServedCallRecord | undefined>()
  readonly #ending = new AbortController()
  #attempt: CallAttempt | undefined
  #attempts = 0

  constructor(client: ClusterClient, request: RemoteRequest, called: CalledFunction) {
    this.#client = client
    this.#request = request
    this.#function = called
    this.#body = bodyOf(request)
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
    for (let losses = 0; ; ) {
      const place = await this.#client.hosts.pick(key, refused, signal)
      if (place === undefined) {
        releaseBody(this.#request.body)
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
        if (!isLost || !mayRerun || !this.#body.isRepeatable || signal.aborted || ++losses >= mostAttempts) throw error
      } finally {
        place.release()
      }
    }
  }

  async #try(host: FunctionHostStatus, wire: WireFunction | undefined) {
    const { id, timeout, headers, stdout, stderr } = this.#request
    const { inline, streamed } = this.#body
    const message: Message = {
      type: 'invoke',
      id,
      key: this.#function.key,
      wire,
      // Infinity is none in JSON.
      timeout: Number.isFinite(timeout) ? timeout : undefined,
      headers,
      hasBody: inline !== undefined || streamed !== undefined,
      logs: { stdout: stdout !== undefined, stderr: stderr !== undefined },
      data: inline,
    }
    const attempt = new CallAttempt({
      ...{ client: this.#client, host, message, stdout, stderr },
      run: `call.${id}.${++this.#attempts}`,
      body: streamed,
      onBroken: error => this.abort(inputFailed(error)),
    })
    this.#attempt = attempt
    if (this.#ending.signal.aborted) attempt.abort(this.#ending.signal.reason)
    return await attempt.first
  }
}

/** The body of a call. */
interface Body {
  /** Text or bytes that travel with the call. */
  readonly inline?: Uint8Array | undefined
  /** What is sent when the function reads it. */
  readonly streamed?: AsyncIterable<Uint8Array> | undefined
  readonly isRepeatable: boolean
}

function bodyOf({ body }: RemoteRequest): Body {
  if (body === undefined) return { isRepeatable: true }
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return { streamed: body, isRepeatable: false }
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  if (bytes.length <= inlineBody) return { inline: bytes, isRepeatable: true }
  return { streamed: { [Symbol.asyncIterator]: () => once(bytes) }, isRepeatable: true }
}

async function* once(bytes: Uint8Array) {
  yield bytes
}

const inputFailed = (cause: Error) =>
  new CookietinError('ERR_COOKIETIN_INPUT_FAILED', `Could not send the body of the call: ${cause.message}`, { cause })
