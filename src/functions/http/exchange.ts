import { type Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { isUint8Array } from 'node:util/types'
import { type CookietinError, toCookietinError } from '../../errors.ts'
import { toChunks } from '../../task/input.ts'
import type { TaskInput } from '../../task/task.ts'
import { deferred } from '../../utils/deferred.ts'
import { isRefusal } from '../socket/listener.ts'
import { type CallHeaders, hasNoBody, requestHeaders, responseHead, statedLength } from './headers.ts'
import { sendChunks } from './request-body.ts'
import { bodyStream } from './response-body.ts'
import {
  cancelledBody,
  connectionError,
  headersRefused,
  type ResponseFault,
  reportedError,
  responseError,
} from './response-errors.ts'

/** How many interim responses (1xx) a function may send before its response. */
const maxInterim = 8

/** The request of one call. */
export interface Outgoing {
  readonly callId: string
  /** Unix time in ms. */
  readonly deadline: number
  readonly headers: CallHeaders | undefined
  readonly body: TaskInput | undefined
}

/** Bounds and callbacks of one exchange. */
export interface ExchangeOptions {
  readonly socketPath: string
  readonly maxHeaderSize: number
  readonly maxBody: number
  /** True when the function has accepted a connection before. */
  readonly hasConnected: () => boolean
  /** The response is complete. The container may serve another call. */
  readonly onServed: () => void
  /** The container must not serve another call. */
  readonly onBroken: (error: CookietinError) => void
  /** Adds to an error of the connection what became of the container. */
  readonly explain: (error: CookietinError) => Promise<CookietinError>
}

/** One call over HTTP. After it is sent, any failure ends the container, because the state of the function is unknown. */
export class Exchange {
  readonly #options: ExchangeOptions
  readonly #request: ClientRequest
  readonly #callId: string
  readonly #response = deferred<Response>()
  readonly #failure = deferred<CookietinError>()
  /** The body can be sent again. */
  readonly #isRepeatable: boolean
  #incoming: IncomingMessage | undefined
  /** The body that is streamed. */
  #chunks: AsyncIterator<Uint8Array> | undefined
  #isOver = false
  #isUnseen = false

  constructor(agent: Agent, { callId, deadline, headers, body }: Outgoing, options: ExchangeOptions) {
    this.#options = options
    this.#callId = callId
    const whole = typeof body === 'string' || isUint8Array(body) ? Buffer.from(body as string) : undefined
    const length = body === undefined ? 0 : (whole?.length ?? statedLength(headers))
    this.#isRepeatable = body === undefined || whole !== undefined
    this.#request = request({
      agent,
      socketPath: options.socketPath,
      method: 'POST',
      path: '/call',
      headers: requestHeaders({ callId, deadline, headers, length }),
      maxHeaderSize: options.maxHeaderSize,
    })
    // The size of the headers is bounded. Node.js would drop those beyond 1,000 without a word.
    this.#request.maxHeadersCount = 0
    // A caller that states a length must keep to it: what is too much would be taken for the next request.
    // Assigned, since Node's types have the property for responses only.
    Object.assign(this.#request, { strictContentLength: true })
    this.#listen()
    if (this.#isRepeatable) this.#request.end(whole)
    else if (body !== undefined) void this.#send(body)
  }

  /** Stays pending when the function has not seen the call; see {@link isUnseen}. */
  get response(): Promise<Response> {
    return this.#response.promise
  }

  /** True when the call failed and its function cannot have seen any of it. It may be sent again. */
  get isUnseen(): boolean {
    return this.#isUnseen
  }

  /** Ends the call: its caller has given up, or its time is up. */
  abort(error: CookietinError): void {
    this.#fail(error)
  }

  #listen(): void {
    let interim = 0
    this.#request.on('information', () => {
      if (++interim > maxInterim) this.#failWith('invalid', `more than ${maxInterim} interim responses came before it`)
    })
    this.#request.on('upgrade', (_response, socket) => {
      socket.destroy()
      this.#failWith('invalid', 'the function switched protocols, which was not requested')
    })
    this.#request.on('response', response => this.#read(response))
    this.#request.on('error', (error: NodeJS.ErrnoException) => this.#onError(error))
    this.#request.on('close', () => {
      if (this.#incoming === undefined)
        this.#failConnection(responseError('failed', 'the connection closed before its start'))
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
    const isFramed = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
    // By Fn's contract the function's own status is in a header. These statuses tell whether it ran.
    if (statusCode === 431) {
      this.#untilRead(response, () => this.#response.reject(headersRefused()))
      response.resume()
    } else if (statusCode !== 200 && statusCode !== 502 && statusCode !== 504) {
      this.#failWith('invalid', `it has the status ${statusCode}`)
    } else if (!isFramed && !hasNoBody(statusCode)) {
      this.#failWith('invalid', 'it does not state where it ends (neither Content-Length nor chunked)')
    } else if (Number(headers['content-length'] ?? 0) > this.#options.maxBody) {
      this.#failAsTooLarge()
    } else if (statusCode !== 200) {
      this.#report(response, statusCode)
    } else {
      this.#respond(response)
    }
  }

  /** The function reports that it failed, or ran out of time. The container serves on. */
  #report(response: IncomingMessage, status: 502 | 504): void {
    const chunks: Buffer[] = []
    let size = 0
    response.on('data', (chunk: Buffer) => {
      if (size < 4_096) chunks.push(chunk)
      size += chunk.length
      if (size > this.#options.maxBody) this.#failAsTooLarge()
    })
    this.#untilRead(response, () => this.#response.reject(reportedError(status, Buffer.concat(chunks))))
  }

  #respond(response: IncomingMessage): void {
    const head = responseHead(response.rawHeaders, this.#callId)
    if (head === undefined) {
      this.#failWith('invalid', `its Fn-Http-Status is ${response.headers['fn-http-status']}`)
      return
    }
    const body = bodyStream(response, {
      limit: this.#options.maxBody,
      onTooLarge: () => this.#failAsTooLarge(),
      onCancelled: reason => this.#fail(cancelledBody(reason)),
      failure: () => this.#failure.promise,
    })
    this.#untilRead(response, () => {})
    // A Response with one of these statuses must have no body. What the function sends regardless is read and dropped.
    const isBare = hasNoBody(head.status)
    if (isBare) void body.pipeTo(new WritableStream()).catch(() => {})
    this.#response.resolve(new Response(isBare ? null : body, head))
  }

  #untilRead(response: IncomingMessage, done: () => void): void {
    response.on('end', () => {
      if (!response.complete || this.#isOver) return
      this.#isOver = true
      done()
      // A response that came before the request was read is a response, such as 413. The rest of the request is still in the connection.
      if (!this.#request.writableFinished) {
        void this.#chunks?.return?.()
        this.#request.destroy()
      }
      this.#options.onServed()
    })
    response.on('error', (error: NodeJS.ErrnoException) => this.#onError(error))
    response.on('close', () => {
      if (!response.complete) this.#failConnection(responseError('truncated', 'the connection closed before its end'))
    })
  }

  #onError(error: NodeJS.ErrnoException): void {
    const began = this.#incoming !== undefined
    // The function closed the connection before anything was written to it, or does not accept another one.
    const isUnseen = error.code === 'EPIPE' || (isRefusal(error) && this.#options.hasConnected())
    if (!began && isUnseen && this.#isRepeatable && !this.#isOver) this.#isUnseen = true
    this.#failConnection(connectionError(error, { began, maxHeaderSize: this.#options.maxHeaderSize }))
  }

  #failAsTooLarge(): void {
    this.#failWith('tooLarge', `its body is larger than ${this.#options.maxBody} bytes`)
  }

  #failWith(fault: ResponseFault, why: string): void {
    this.#fail(responseError(fault, why))
  }

  /** Fails when it is known what became of the container, which is often the reason. */
  #failConnection(error: CookietinError): void {
    if (this.#isOver) return
    this.#cutOff()
    void this.#options.explain(error).then(explained => this.#finish(explained))
  }

  #fail(error: CookietinError): void {
    if (this.#isOver) {
      // Its explanation is still awaited: the caller, who has given up, does not wait for it.
      this.#response.reject(error)
      return
    }
    this.#cutOff()
    this.#finish(error)
  }

  #cutOff(): void {
    this.#isOver = true
    // Also while its next chunk is awaited, which may never come.
    void this.#chunks?.return?.()
    this.#request.destroy()
    this.#incoming?.destroy()
  }

  #finish(error: CookietinError): void {
    this.#failure.resolve(error)
    this.#options.onBroken(error)
    if (!this.#isUnseen) this.#response.reject(error)
  }
}
