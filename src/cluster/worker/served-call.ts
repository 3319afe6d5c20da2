import { Writable } from 'node:stream'
import type { ServedCallRecord } from '../../engines/remote-functions.ts'
import type { CookietinError } from '../../errors.ts'
import type { Call } from '../../functions/call/call.ts'
import type { OpenFunction } from '../../functions/function.ts'
import { resolveRequest } from '../../functions/http/request.ts'
import { deferred } from '../../utils/deferred.ts'
import { isRecord } from '../../utils/validation/issues.ts'
import { Link, type Message } from '../link/link.ts'
import { partsOf } from '../link/parts.ts'
import type { Post } from '../redis/post.ts'
import { encodeError } from '../wire/error.ts'
import { ServedInput } from './served-input.ts'

/** Finds the function that a message names. */
export type FindFunction = (message: Message) => OpenFunction | 'unknown' | 'refused'

/** The options of a {@link ServedCall}. */
export interface ServedCallOptions {
  /** The name of the attempt. */
  readonly run: string
  /** The process that waits for it. */
  readonly submitter: string
  readonly post: Post
  readonly find: FindFunction
}

/** A call that this host serves for another process, by a function of its own executor. */
export class ServedCall {
  readonly submitter: string
  readonly link: Link
  readonly #options: ServedCallOptions
  readonly #input: ServedInput
  readonly #over = deferred<void>()
  readonly #ending = new AbortController()
  /** Why this host has ended it. */
  #reason: CookietinError | undefined

  constructor(options: ServedCallOptions) {
    const { run, submitter, post } = options
    this.#options = options
    this.submitter = submitter
    this.link = new Link({
      run,
      transmit: packet => post.transmit(submitter, packet),
      peer: () => submitter,
      takers: {
        control: message => this.#control(message),
        input: message => this.#input.put(message),
      },
    })
    this.#input = new ServedInput(this.link)
    post.add(this.link)
  }

  /** Resolves when it is over. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  /** Ends it because of this host, and tells the submitter where that is possible. */
  end(error: CookietinError): void {
    this.#reason ??= error
    this.#ending.abort(error)
  }

  #control(message: Message): undefined {
    if (message.type === 'abort') this.#ending.abort()
    else if (message.type === 'invoke' || message.type === 'prewarm') void this.#serve(message)
  }

  async #serve(message: Message): Promise<void> {
    let call: Call | undefined
    const served = () => (call === undefined ? undefined : servedOf(call))
    try {
      const found = this.#options.find(message)
      if (typeof found === 'string') this.#say({ type: found })
      else if (message.type === 'prewarm') {
        await found.prewarm(countOf(message.count))
        this.#say({ type: 'done' })
      } else {
        call = found.call(resolveRequest(this.#requestOf(message), Infinity), idOf(message.id))
        await this.#respond(await call.response)
        this.#say({ type: 'end', served: served() })
      }
    } catch (error) {
      this.#say({ type: 'failed', error: encodeError(this.#reason ?? error), served: served() })
    } finally {
      this.#input.close()
      this.#options.post.retire(this.link)
      this.#over.resolve()
    }
  }

  #requestOf({ headers, timeout, hasBody, logs, data }: Message) {
    const { stdout, stderr } = isRecord(logs) ? logs : {}
    return {
      headers: headers as Record<string, string>,
      signal: this.#ending.signal,
      ...(hasBody === true && { body: data ?? this.#input }),
      ...(typeof timeout === 'number' && { timeout: Math.max(1, timeout) }),
      ...(stdout === true && { stdout: this.#log('out') }),
      ...(stderr === true && { stderr: this.#log('err') }),
    }
  }

  async #respond({ status, headers, body }: Response): Promise<void> {
    await this.link.send('response', { type: 'head', status, headers: [...headers] })
    for await (const chunk of body ?? []) {
      for (const data of partsOf(chunk as Uint8Array)) await this.link.send('response', { type: 'data', data })
    }
  }

  #say(message: Message): void {
    void this.link.send('response', message)
  }

  #log(type: 'out' | 'err'): Writable {
    const { link } = this
    return new Writable({
      async write(chunk: Buffer, _, done) {
        for (const data of partsOf(chunk)) await link.send('output', { type, data })
        done()
      },
    })
  }
}

const countOf = (value: unknown) => (Number.isSafeInteger(value) ? Math.max(0, value as number) : 0)

/** What another process sends goes into a header. */
const idOf = (value: unknown) => (typeof value === 'string' && /^[\w.-]{1,128}$/.test(value) ? value : undefined)

function servedOf(call: Call): ServedCallRecord {
  const { containerId, isCold, waited } = call.record('')
  return { containerId, isCold, waited }
}
