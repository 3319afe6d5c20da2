import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { isUint8Array } from 'node:util/types'
import { type CookietinError, toCookietinError } from '../../errors.ts'
import { toChunks } from '../../task/input.ts'
import type { TaskInput } from '../../task/task.ts'
import { deferred } from '../../utils/deferred.ts'
import { answerOf, type CallHeaders, hasNoBody, requestHeaders, statedLength } from './headers.ts'
import { sendChunks } from './request-body.ts'
import { bodyStream } from './response-body.ts'
import { badAnswer, brokenAnswer, type Flaw, refusal, unread } from './response-errors.ts'

/** How many interim responses (1xx) a function may send before its answer. */
const mostInterim = 8

/** What one call sends. */
export interface Outgoing {
  readonly callId: string
  /** Unix time in ms. */
  readonly deadline: number
  readonly headers: CallHeaders | undefined
  readonly body: TaskInput | undefined
}

/** What one exchange is bounded by, and whom it tells of its end. */
export interface ExchangeOptions {
  readonly socketPath: string
  readonly maxHeaderSize: number
  readonly maxBody: number
  /** The response has come to its end, and the connection may serve another call. */
  readonly served: () => void
  /** The container must serve no other call. */
  readonly broken: (error: CookietinError) => void
}

/** A connection that is kept for the next call for so long, in ms: a function may close it when it pleases, and a call that meets that is lost. */
const keepAlive = 1_000

/** The one connection of a slot. */
export const slotAgent = (): Agent => new Agent({ keepAlive: true, maxSockets: 1, timeout: keepAlive })

/** One call over the wire. Once it is sent, whatever goes wrong ends the container: nobody knows what the function is at. */
export class Exchange {
  readonly #options: ExchangeOptions
  readonly #request: ClientRequest
  readonly #callId: string
  readonly #response = deferred<Response>()
  #incoming: IncomingMessage | undefined
  /** The body that is sent as it comes. */
  #chunks: AsyncIterator<Uint8Array> | undefined
  #failure: CookietinError | undefined
  #over = false

  constructor(agent: Agent, { callId, deadline, headers, body }: Outgoing, options: ExchangeOptions) {
    this.#options = options
    this.#callId = callId
    const whole = typeof body === 'string' || isUint8Array(body) ? Buffer.from(body as string) : undefined
    const length = body === undefined ? 0 : (whole?.length ?? statedLength(headers))
    this.#request = request({
      agent,
      socketPath: options.socketPath,
      method: 'POST',
      path: '/call',
      headers: requestHeaders({ callId, deadline, headers, length }),
      maxHeaderSize: options.maxHeaderSize,
    })
    // A caller that states a length must keep to it: what is too much would be taken for the next request.
    // Assigned, since Node's types have the property for responses only.
    Object.assign(this.#request, { strictContentLength: true })
    this.#listen()
    if (body === undefined || whole !== undefined) this.#request.end(whole)
    else void this.#send(body)
  }

  get response(): Promise<Response> {
    return this.#response.promise
  }

  /** Ends it: the caller has given up, or its time is up. */
  abort(error: CookietinError): void {
    this.#fail(error)
  }

  #listen(): void {
    let interim = 0
    this.#request.on('information', () => {
      if (++interim > mostInterim) this.#failWith('INVALID', `it sent more than ${mostInterim} interim responses`)
    })
    this.#request.on('upgrade', (_response, socket) => {
      socket.destroy()
      this.#failWith('INVALID', 'it switched protocols, which nobody had asked for')
    })
    this.#request.on('response', response => this.#read(response))
    this.#request.on('error', (error: NodeJS.ErrnoException) => this.#failBy(error))
    this.#request.on('close', () => {
      if (this.#incoming === undefined) this.#failWith('FAILED', 'it closed the connection without an answer')
    })
  }

  async #send(body: TaskInput): Promise<void> {
    this.#chunks = toChunks(body)[Symbol.asyncIterator]()
    try {
      await sendChunks(this.#chunks, this.#request)
    } catch (error) {
      this.#fail(toCookietinError(error, 'ERR_COOKIETIN_INPUT_FAILED', 'Could not send the body of the call'))
    }
  }

  #read(response: IncomingMessage): void {
    this.#incoming = response
    const { statusCode = 0, headers } = response
    const framed = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
    // Fn's contract: the function's own status travels in a header, and these three say whether it ran.
    if (statusCode !== 200 && statusCode !== 502 && statusCode !== 504) {
      this.#failWith('INVALID', `it answered with the status ${statusCode}`)
    } else if (!framed && !hasNoBody(statusCode)) {
      this.#failWith('INVALID', 'its answer does not say where it ends (neither Content-Length nor chunked)')
    } else if (Number(headers['content-length'] ?? 0) > this.#options.maxBody) {
      this.#failAsTooLarge()
    } else if (statusCode !== 200) {
      this.#refuse(response, statusCode)
    } else {
      this.#answer(response)
    }
  }

  /** The function says that it failed, or ran out of time: the container lives. */
  #refuse(response: IncomingMessage, status: 502 | 504): void {
    const said: Buffer[] = []
    let size = 0
    response.on('data', (chunk: Buffer) => {
      if (size < 4_096) said.push(chunk)
      size += chunk.length
      if (size > this.#options.maxBody) this.#failAsTooLarge()
    })
    this.#untilRead(response, () => this.#response.reject(refusal(status, Buffer.concat(said))))
  }

  #answer(response: IncomingMessage): void {
    const head = answerOf(response.rawHeaders, this.#callId)
    if (head === undefined) {
      this.#failWith('INVALID', `its Fn-Http-Status is ${response.headers['fn-http-status']}`)
      return
    }
    const body = bodyStream(response, {
      limit: this.#options.maxBody,
      tooLarge: () => this.#failAsTooLarge(),
      cancelled: reason => this.#fail(unread(reason)),
      failure: () => this.#failure,
    })
    this.#untilRead(response, () => {})
    // A Response with one of these statuses must have no body; what the function sends all the same is read and dropped.
    const bare = hasNoBody(head.status)
    if (bare) void body.pipeTo(new WritableStream()).catch(() => {})
    this.#response.resolve(new Response(bare ? null : body, head))
  }

  #untilRead(response: IncomingMessage, done: () => void): void {
    response.on('end', () => {
      if (!response.complete || this.#over) return
      done()
      if (this.#request.writableFinished) {
        this.#over = true
        this.#options.served()
      } else {
        // Its connection has the rest of this request still in it.
        this.#failWith('FAILED', 'it answered before it had read the request')
      }
    })
    response.on('error', (error: NodeJS.ErrnoException) => this.#failBy(error))
    response.on('close', () => {
      if (!response.complete) this.#failWith('TRUNCATED', 'it closed the connection in the middle of its answer')
    })
  }

  #failBy(error: NodeJS.ErrnoException): void {
    const { maxHeaderSize } = this.#options
    this.#fail(brokenAnswer(error, { began: this.#incoming !== undefined, maxHeaderSize }))
  }

  #failAsTooLarge(): void {
    this.#failWith('TOO_LARGE', `its body is larger than ${this.#options.maxBody} bytes`)
  }

  #failWith(flaw: Flaw, why: string): void {
    this.#fail(badAnswer(flaw, why))
  }

  #fail(error: CookietinError): void {
    if (this.#over) return
    this.#over = true
    this.#failure = error
    this.#options.broken(error)
    this.#response.reject(error)
    // Also while its next chunk is awaited, which may never come.
    void this.#chunks?.return?.()
    this.#request.destroy()
    this.#incoming?.destroy()
  }
}
