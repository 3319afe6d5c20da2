import { isUint8Array } from 'node:util/types'
import type { Dispatcher } from 'undici'
import { type CookietinError, toCookietinError } from '../../errors.ts'
import { toChunks } from '../../task/input.ts'
import type { TaskInput } from '../../task/task.ts'
import { deferred } from '../../utils/deferred.ts'
import { readSize } from '../socket/call-socket.ts'
import { isRefusal } from '../socket/listener.ts'
import { type CallHeaders, frameOf, hasNoBody, requestHeaders, responseHead, statedLength } from './headers.ts'
import { BodyStream } from './response-body.ts'
import {
  cancelledBody,
  connectionError,
  headersRefused,
  isOfBody,
  type ResponseFault,
  reportedError,
  responseError,
} from './response-errors.ts'
import type { SlotClient } from './slot-client.ts'

/** How many interim responses (1xx) a function may send before its response. */
const maxInterim = 8

/** How many bytes a function may say of its chunks besides their sizes. */
const maxExtensions = 16 * 1024

/** More bytes than the frame of a chunk takes: its size and two line ends. */
const chunkFrame = 24

/** More bytes than stand between the names and the values of headers, and than a status line may have. */
const [headerFrame, maxStatusLine] = [16, 1_024]

/** The request of one call. */
export interface Outgoing {
  readonly callId: string
  /** Unix time in ms. */
  readonly deadline: number
  readonly headers: CallHeaders | undefined
  readonly body: TaskInput | undefined
}

/** What follows the exchanges of a container. */
export interface ExchangeListener {
  /** The response is complete. The container may serve another call. */
  readonly onServed: () => void
  /** The container must not serve another call. */
  readonly onBroken: (error: CookietinError) => void
  /** Adds to an error of the connection what became of the container. */
  readonly explain: (error: CookietinError) => Promise<CookietinError>
}

/** Bounds and callbacks of one exchange. */
export interface ExchangeOptions {
  readonly maxHeaderSize: number
  readonly maxBody: number
  readonly listener: ExchangeListener
}

type Controller = Dispatcher.DispatchController

/** What is done with the body of a response. */
interface BodyReader {
  push(chunk: Buffer, isLast: boolean): void
  end(): void
}

/** One call over HTTP. After it is sent, any failure ends the container, because the state of the function is unknown. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #client: SlotClient
  readonly #options: ExchangeOptions
  readonly #callId: string
  readonly #response = deferred<Response>()
  /** The body can be sent again. */
  readonly #isRepeatable: boolean
  /** The body that is streamed. */
  #chunks: AsyncIterator<Uint8Array> | undefined
  #controller: Controller | undefined
  #reader: BodyReader | undefined
  #body: BodyStream | undefined
  #interim = 0
  /** Bytes of the body, where the response states them. */
  #length: number | undefined
  /** Bytes of the body so far. */
  #size = 0
  /** How many parts of the body have come. */
  #parts = 0
  /** Bytes that the connection had read before the response, and those of the heads. */
  readonly #readBefore: number
  #headSize = 0
  #isOver = false
  #isUnseen = false

  constructor(client: SlotClient, { callId, deadline, headers, body }: Outgoing, options: ExchangeOptions) {
    this.#client = client
    this.#options = options
    this.#callId = callId
    const whole = typeof body === 'string' || isUint8Array(body) ? Buffer.from(body as string) : undefined
    this.#isRepeatable = body === undefined || whole !== undefined
    const length = this.#isRepeatable ? (whole?.length ?? 0) : statedLength(headers)
    this.#readBefore = client.socket?.bytesRead ?? 0
    client.send(
      {
        method: 'POST',
        path: '/call',
        headers: requestHeaders({ callId, deadline, headers, length }),
        // undici takes any iterable; its type knows streams only.
        body: (this.#isRepeatable ? whole : this.#streamed(body as TaskInput)) as Buffer | undefined,
      } as Dispatcher.DispatchOptions,
      this,
    )
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

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    if (this.#isOver) controller.abort(new Error('the call is over'))
  }

  onResponseStart(controller: Controller, status: number): void {
    const rawHeaders = rawHeadersOf(controller)
    this.#headSize += rawHeaders.reduce((sum, { length }) => sum + length + headerFrame, maxStatusLine)
    if (status >= 200) this.#read(rawHeaders, status)
    else if (++this.#interim > maxInterim) {
      this.#failWith('invalid', `more than ${maxInterim} interim responses came before it`)
    }
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    // The parser gives an empty part when it goes on.
    if (this.#isOver || chunk.length === 0) return
    this.#size += chunk.length
    this.#parts += 1
    if (this.#size > this.#options.maxBody) this.#failAsTooLarge()
    else if (!this.#failsByExtensions(readSize)) this.#reader?.push(chunk, this.#size === this.#length)
  }

  onResponseEnd(): void {
    if (this.#isOver || this.#failsByExtensions(0)) return
    this.#isOver = true
    this.#reader?.end()
    // A response that came before the request was read is a response, such as 413. The rest of the request is still in the connection.
    void this.#chunks?.return?.()
    if ((this.#client.socket?.writableLength ?? 0) > 0) this.#client.socket?.destroy()
    this.#options.listener.onServed()
  }

  onResponseError(_controller: Controller, error: NodeJS.ErrnoException): void {
    if (this.#isOver) return
    if (isOfBody(error)) {
      this.#fail(toCookietinError(error, 'ERR_COOKIETIN_INPUT_FAILED', 'Could not send the body of the call'))
      return
    }
    const began = this.#reader !== undefined
    if (began && /chunk extension/.test(error.message) && this.#failsByExtensions(0)) return
    // The function closed the connection before it could read any of the call, or does not accept another connection.
    const isUnseen = this.#client.socket?.isUnseen === true || (isRefusal(error) && this.#client.hasConnected)
    if (!began && isUnseen && this.#isRepeatable) this.#isUnseen = true
    this.#failConnection(connectionError(error, { began, maxHeaderSize: this.#options.maxHeaderSize }))
  }

  async *#streamed(body: TaskInput): AsyncGenerator<Uint8Array> {
    const chunks = toChunks(body)[Symbol.asyncIterator]()
    this.#chunks = chunks
    try {
      for await (const chunk of { [Symbol.asyncIterator]: () => chunks }) yield chunk
    } catch (error) {
      this.#fail(toCookietinError(error, 'ERR_COOKIETIN_INPUT_FAILED', 'Could not send the body of the call'))
    }
  }

  #read(rawHeaders: readonly string[], status: number): void {
    const { length, isChunked } = frameOf(rawHeaders)
    this.#length = length
    this.#reader = drain
    // By Fn's contract the function's own status is in a header. These statuses tell whether it ran.
    if (status === 431) {
      this.#reader = { push() {}, end: () => this.#response.reject(headersRefused()) }
    } else if (status !== 200 && status !== 502 && status !== 504) {
      this.#failWith('invalid', `it has the status ${status}`)
    } else if (length === undefined && !isChunked) {
      this.#failWith('invalid', 'it does not state where it ends (neither Content-Length nor chunked)')
    } else if ((length ?? 0) > this.#options.maxBody) {
      this.#failAsTooLarge()
    } else if (status !== 200) {
      this.#reader = new Report(text => this.#response.reject(reportedError(status, text)))
    } else {
      this.#respond(rawHeaders)
    }
  }

  #respond(rawHeaders: readonly string[]): void {
    const head = responseHead(rawHeaders, this.#callId)
    if (head === undefined) {
      this.#failWith('invalid', `its Fn-Http-Status is not a status`)
      return
    }
    // A Response with one of these statuses must have no body. What the function sends regardless is read and dropped.
    if (hasNoBody(head.status)) {
      this.#response.resolve(new Response(null, head))
      return
    }
    this.#body = new BodyStream(this.#controller, reason => this.#fail(cancelledBody(reason)))
    this.#reader = this.#body
    this.#response.resolve(new Response(this.#body.readable, head))
  }

  /**
   * The client's parser drops what is said of chunks, and gives it no bound. So it is what was read and is nothing else. In the middle of a
   * body, the rest of the last read may be body, too: `unparsed`.
   */
  #failsByExtensions(unparsed: number): boolean {
    const read = (this.#client.socket?.bytesRead ?? 0) - this.#readBefore
    const others = this.#headSize + this.#size + this.#parts * chunkFrame
    if (read - others <= maxExtensions + unparsed) return false
    this.#failWith('headersTooLarge', 'the extensions of its body chunks are larger than 16 KiB')
    return true
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
    void this.#options.listener.explain(error).then(explained => this.#finish(explained))
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
    this.#controller?.abort(new Error('the call is over'))
  }

  #finish(error: CookietinError): void {
    this.#body?.fail(error)
    this.#options.listener.onBroken(error)
    if (!this.#isUnseen) this.#response.reject(error)
  }
}

const drain: BodyReader = { push() {}, end() {} }

/** Reads what a function reports of its failure: the beginning of it. The container serves on. */
class Report implements BodyReader {
  readonly #done: (text: Buffer) => void
  readonly #chunks: Buffer[] = []
  #size = 0

  constructor(done: (text: Buffer) => void) {
    this.#done = done
  }

  push(chunk: Buffer): void {
    if (this.#size < 4_096) this.#chunks.push(chunk)
    this.#size += chunk.length
  }

  end(): void {
    this.#done(Buffer.concat(this.#chunks))
  }
}

/** Names and values in turn, as they came. */
function rawHeadersOf(controller: Controller): readonly string[] {
  const { rawHeaders } = controller as { readonly rawHeaders?: readonly Buffer[] | null }
  return (rawHeaders ?? []).map(part => part.toString('latin1'))
}
