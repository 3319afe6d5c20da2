import type { OutputSink } from '../../engines/engine.ts'
import type { RemoteResponse, ServedCallRecord } from '../../engines/remote-functions.ts'
import type { CookietinError } from '../../errors.ts'
import { BodyStream } from '../../functions/http/response-body.ts'
import { type Deferred, deferred } from '../../utils/deferred.ts'
import { Link, type Message } from '../link/link.ts'
import { decodeError } from '../wire/error.ts'
import type { ClusterClient, RemoteRun } from './cluster-client.ts'
import type { FunctionHostStatus } from './hosts.ts'
import { RemoteInput } from './remote-input.ts'
import { RemoteOutput } from './remote-output.ts'

/** What a host says first: the head of a response; or it does not know the function, or takes no call. */
export type FirstWord = RemoteResponse | 'done' | 'unknown' | 'refused'

/** One request to one host. */
export interface AttemptOptions {
  readonly client: ClusterClient
  readonly host: FunctionHostStatus
  /** A name that no other attempt has. */
  readonly run: string
  /** The first message. */
  readonly message: Message
  /** A body that is sent when the function reads it. */
  readonly body?: AsyncIterable<Uint8Array> | undefined
  readonly stdout?: OutputSink | undefined
  readonly stderr?: OutputSink | undefined
  /** Called when the body could not be read. */
  readonly onBroken?: ((error: Error) => void) | undefined
}

const nothing: OutputSink = { write: () => undefined }

/** One request to one host, and all that comes back. */
export class CallAttempt implements RemoteRun {
  readonly name = 'the call'
  readonly worker: string
  readonly #options: AttemptOptions
  readonly #link: Link
  readonly #first = deferred<FirstWord>()
  readonly #over = deferred<ServedCallRecord | undefined>()
  readonly #output = new RemoteOutput()
  readonly #input: RemoteInput
  #body: BodyStream | undefined
  /** Set while the body's reader is slow. */
  #blocked: Deferred<void> | undefined
  #isOver = false

  constructor(options: AttemptOptions) {
    const { client, host, run, message, body, stdout = nothing, stderr = nothing, onBroken = () => {} } = options
    this.#options = options
    this.worker = host.worker
    this.#output.use({ stdout, stderr })
    this.#link = new Link({
      run,
      transmit: packet => client.post.transmit(host.worker, packet),
      peer: () => host.worker,
      takers: {
        control: message => this.#control(message),
        response: message => this.#response(message),
        output: message => this.#output.write(message),
      },
    })
    this.#input = new RemoteInput(this.#link, body, onBroken)
    client.post.add(this.#link)
    client.meet(this)
    void this.#link.send('control', message)
  }

  /** Rejects with a CookietinError. */
  get first(): Promise<FirstWord> {
    return this.#first.promise
  }

  /** Resolves when nothing more will come. */
  get over(): Promise<ServedCallRecord | undefined> {
    return this.#over.promise
  }

  lose(error: CookietinError): void {
    this.#options.client.hosts.forget(this.worker)
    this.#fail(error)
  }

  /** Ends the call, also on its host. */
  abort(error: Error): void {
    if (this.#isOver) return
    void this.#link.send('control', { type: 'abort' })
    this.#fail(error as CookietinError)
  }

  #control({ type }: Message): undefined {
    if (type === 'readInput') void this.#input.start()
    else if (type === 'stopInput') this.#input.stop()
  }

  #response(message: Message): Promise<void> | undefined {
    const { type, data } = message
    if (type === 'head') this.#head(message)
    else if (type === 'data' && data !== undefined) {
      this.#body?.push(data, false)
      return this.#blocked?.promise
    } else if (type === 'end') {
      this.#body?.end()
      this.#end(message.served as ServedCallRecord)
    } else if (type === 'failed') {
      this.#fail(decodeError(message.error, this.#options.host.host), message.served as ServedCallRecord)
    } else if (type === 'done' || type === 'unknown' || type === 'refused') {
      this.#first.resolve(type)
      // The body was not read: it is for the next host.
      this.#letGo(undefined)
    }
    return undefined
  }

  #head({ status, headers }: Message): void {
    const flow = {
      pause: () => {
        this.#blocked ??= deferred<void>()
      },
      resume: () => {
        this.#blocked?.resolve()
        this.#blocked = undefined
      },
    }
    this.#body = new BodyStream(flow, reason => this.abort(reason instanceof Error ? reason : new Error('cancelled')))
    this.#first.resolve({
      status: Number(status),
      headers: headers as [string, string][],
      body: this.#body.readable,
    })
  }

  #fail(error: CookietinError, served?: ServedCallRecord): void {
    this.#first.reject(error)
    this.#body?.fail(error)
    this.#end(served)
  }

  #end(served: ServedCallRecord | undefined): void {
    if (this.#isOver) return
    this.#input.stop()
    this.#letGo(served)
  }

  #letGo(served: ServedCallRecord | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#blocked?.resolve()
    this.#output.drain()
    this.#over.resolve(served)
    const { client } = this.#options
    client.forget(this)
    client.post.retire(this.#link)
  }
}
