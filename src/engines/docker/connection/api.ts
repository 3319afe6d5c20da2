import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { redact } from '../../../utils/redact.ts'
import { publishCall } from './call-channel.ts'
import type { Client } from './client/client.ts'
import type { EngineRequest } from './client/dialer.ts'
import { Deadline } from './deadline.ts'
import { connectionError, EngineReply, protocolError, replyError } from './errors.ts'

/** One call to the engine. */
export interface Call extends EngineRequest {
  /** The act and its object, as a phrase that follows "could not". */
  readonly doing: string
  /**
   * Time limit in ms for the whole reply, or for the headers of a stream. Then the call is aborted. Undefined: no time
   * limit.
   */
  readonly deadline: number | undefined
  readonly signal?: AbortSignal | undefined
  /** The reply's body is text, not JSON. */
  readonly text?: boolean
  /** Values to mask in errors. */
  readonly secrets?: readonly string[] | undefined
}

/** A reply with a status that means success. */
export interface Reply {
  readonly status: number
  /** The parsed body, or the text when `text` was set. Undefined when it is empty. */
  readonly body: unknown
}

/** Maximum size of a reply that is read as a whole, in bytes. */
const bodyLimit = 64 * 1024 * 1024

/** Makes calls to an engine. A call never hangs: a body that is cut, late, or not JSON is an error. */
export class Api {
  readonly client: Client

  constructor(client: Client) {
    this.client = client
  }

  /** Resolves with a reply whose status is 2xx or 304. Any other outcome rejects with a {@link CookietinError}. */
  request(call: Call): Promise<Reply> {
    return bounded(call, async signal => await this.#read(call, await this.#dial(call, signal)))
  }

  /** Resolves with the response as soon as its headers arrive with status 2xx or 304. The caller must destroy it. */
  stream(call: Call): Promise<IncomingMessage> {
    return bounded(call, async signal => {
      const response = await this.#dial(call, signal)
      if (!isGood(response.statusCode)) await this.#read(call, response)
      return response
    })
  }

  /** Resolves with the raw connection of the call. */
  upgrade(call: Call): Promise<Duplex> {
    return bounded(call, async signal => {
      const reply = await this.client.hijack(call, signal).catch(error => {
        throw connectionError(error, call.doing, false)
      })
      if (!isResponse(reply)) return reply
      await this.#read(call, reply)
      throw protocolError(call.doing, `it answered ${reply.statusCode} instead of switching protocols`)
    })
  }

  async #dial(call: Call, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    try {
      return await this.client.dial(call, signal)
    } catch (error) {
      // The engine may have closed a kept-alive connection just now. A call is repeated when doing it twice is
      // harmless.
      const isOnce = call.method === 'POST' || call.file !== undefined
      if (!isStale(error) || isOnce || signal?.aborted) throw connectionError(error, call.doing, false)
    }
    try {
      return await this.client.dial(call, signal)
    } catch (error) {
      throw connectionError(error, call.doing, false)
    }
  }

  async #read(call: Call, response: IncomingMessage): Promise<Reply> {
    const status = response.statusCode ?? 0
    let text: string
    try {
      text = await readText(response)
    } catch (error) {
      throw connectionError(error, call.doing, true)
    }
    if (!isGood(status)) throw replyError(new EngineReply(status, messageOf(text), call.secrets), call.doing)
    if (call.text) return { status, body: text }
    return { status, body: text.trim() === '' ? undefined : parse(text, call) }
  }
}

/** Makes a call within its limits. Rejects with the limit that ended it, if one did. */
function bounded<T>(call: Call, act: (signal: AbortSignal | undefined) => Promise<T>): Promise<T> {
  return publishCall(call, limited(call, act))
}

async function limited<T>(call: Call, act: (signal: AbortSignal | undefined) => Promise<T>): Promise<T> {
  const deadline = new Deadline(call)
  try {
    return await act(deadline.signal)
  } catch (error) {
    throw deadline.reason() ?? error
  } finally {
    deadline.clear()
  }
}

function isResponse(reply: Duplex | IncomingMessage): reply is IncomingMessage {
  return 'statusCode' in reply
}

function isGood(status: number | undefined): boolean {
  return status !== undefined && ((status >= 200 && status < 300) || status === 304)
}

function isStale(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ECONNRESET' || code === 'EPIPE'
}

function parse(text: string, { doing, secrets }: Call): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw protocolError(doing, `its reply is not JSON (${JSON.stringify(redact(text, secrets).slice(0, 60))})`)
  }
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    if (typeof message === 'string') return message.trim()
  } catch {
    // The reply of a proxy need not be JSON.
  }
  return text.trim().slice(0, 200)
}

function readText(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > bodyLimit) response.destroy(new Error(`the reply is longer than ${bodyLimit} bytes`))
    })
    response.on('end', () => resolve(Buffer.concat(chunks).toString()))
    response.on('error', reject)
    // A cut body emits no `end` and not always an `error`. Without this the call would hang for ever.
    response.on('close', () => response.readableEnded || reject(new Error('the connection was closed')))
  })
}
