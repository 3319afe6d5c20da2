import type { Subscription } from 'rxjs'
import type { EngineContainer, FileSource } from '../../engines/engine.ts'
import { CookietinError } from '../../errors.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'
import { deferred } from '../../utils/deferred.ts'
import { isRecord } from '../../utils/validation/issues.ts'
import { Link, type Message } from '../link/link.ts'
import { MessageQueue } from '../link/message-queue.ts'
import { partsOf } from '../link/parts.ts'
import type { Post } from '../redis/post.ts'
import type { RunJob } from '../remote/cluster-client.ts'
import { encodeError } from '../wire/error.ts'
import { type ContainerIdentity, identityOf } from '../wire/identity.ts'
import { sendFound, servedSource } from './served-files.ts'
import { ServedInput } from './served-input.ts'

/** The options of a {@link ServedRun}. */
export interface ServedRunOptions {
  readonly job: RunJob
  readonly post: Post
  readonly host: string
  /** How long the submitter may take to ask for the first thing, in ms. */
  readonly answerTimeout: number
  /** Makes the container of the job's task, or rejects the task. */
  readonly open: (job: RunJob) => { readonly task: ResolvedTask; readonly container: EngineContainer }
}

/** A run that this host serves for a submitter: it makes the calls that come over the wire on a container of its own driver. */
export class ServedRun {
  readonly #options: ServedRunOptions
  readonly #link: Link
  readonly #over = deferred<void>()
  readonly #unanswered: NodeJS.Timeout
  readonly #files = new MessageQueue()
  readonly #input: ServedInput
  readonly #preparing = new AbortController()
  readonly #copyingIn = new AbortController()
  #copyingOut = new AbortController()
  #container: EngineContainer | undefined
  #task: ResolvedTask | undefined
  #samples: Subscription | undefined
  #isEnding = false

  constructor(options: ServedRunOptions) {
    const { job, post, host } = options
    this.#options = options
    this.#link = new Link({
      run: job.run,
      transmit: packet => post.transmit(job.from, packet),
      peer: () => job.from,
      takers: {
        control: message => this.#control(message),
        input: message => this.#input.put(message),
        files: message => this.#files.put(message),
      },
    })
    this.#input = new ServedInput(this.#link)
    post.add(this.#link)
    void this.#link.send('control', { type: 'hello', worker: post.self, host })
    // The submitter may have found another worker meanwhile. Nothing runs before it asks for it.
    this.#unanswered = setTimeout(() => void this.#remove(), options.answerTimeout)
  }

  /** The process that waits for the run. */
  get submitter(): string {
    return this.#options.job.from
  }

  /** Resolves when its container is removed. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  /** Ends the run because of this host, and tells the submitter where that is possible. */
  async end(error: CookietinError): Promise<void> {
    if (this.#isEnding) return await this.over
    void this.#link.send('control', { type: 'lost', error: encodeError(error) })
    await this.#remove()
  }

  #control({ type, n, method, args }: Message): undefined {
    if (type !== 'call') return
    this.#call(String(method), (args ?? {}) as Readonly<Record<string, unknown>>)
      .then(
        value => this.#link.send('control', { type: 'reply', n, value }),
        error => this.#link.send('control', { type: 'reply', n, error: encodeError(error) }),
      )
      .catch(() => {})
  }

  async #call(method: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (method === 'prepare') return await this.#prepare()
    if (method === 'remove') return await this.#remove()
    const container = this.#container
    if (container === undefined) throw notReady(method)
    switch (method) {
      case 'copyIn':
        return await container.copyIn?.(this.#sources(args.files), this.#copyingIn.signal)
      case 'abortCopyIn':
        return this.#copyingIn.abort()
      case 'start':
        return await this.#start(container)
      case 'pause':
        return await container.pause()
      case 'unpause':
        return await container.unpause()
      case 'signal':
        return await container.signal?.(typeof args.name === 'string' ? args.name : undefined)
      case 'kill':
        return await container.kill()
      case 'sample':
        return this.#sample(container)
      case 'copyOut':
        return await this.#copyOut(container, String(args.path))
      case 'stopCopyOut':
        return this.#copyingOut.abort()
      default:
        throw notReady(method)
    }
  }

  async #prepare(): Promise<ContainerIdentity> {
    clearTimeout(this.#unanswered)
    if (this.#isEnding) throw notReady('prepare')
    const { task, container } = this.#options.open(this.#options.job)
    this.#task = task
    this.#container = container
    container.pull$?.subscribe(progress => void this.#link.send('control', { type: 'pull', progress }))
    await container.prepare(this.#preparing.signal)
    return identityOf(container)
  }

  #sources(files: unknown): FileSource[] {
    return (Array.isArray(files) ? (files as unknown[]) : []).map((file, index) => {
      const { path, isRepeatable } = isRecord(file) ? file : {}
      const source = { index, path: String(path), isRepeatable: isRepeatable === true }
      return servedSource(this.#link, this.#files, source)
    })
  }

  async #start(container: EngineContainer): Promise<ContainerIdentity> {
    container.wait().then(
      exit => this.#exited({ exit }),
      error => this.#exited({ error: encodeError(error) }),
    )
    const sink = (type: string) => ({
      write: (chunk: Uint8Array) => this.#write(type, chunk),
    })
    const hasInput = this.#task?.input !== undefined
    await container.start(
      { stdin: hasInput ? this.#input : undefined, stdout: sink('out'), stderr: sink('err') },
      {
        exitSeen: () => void this.#link.send('control', { type: 'exitSeen' }),
        // The input comes over the wire and does not fail here.
        broken: () => {},
      },
    )
    // A start may have made the container again.
    return identityOf(container)
  }

  #exited(end: object): void {
    const output = this.#link.sent('output')
    void this.#link.send('control', { ...end, type: 'exit', output })
  }

  /** The chunk belongs to this side from now on. */
  #write(type: string, chunk: Uint8Array): Promise<void> | undefined {
    let blocked: Promise<void> | undefined
    for (const data of partsOf(chunk)) blocked = this.#link.send('output', { type, data })
    return blocked
  }

  #sample(container: EngineContainer): void {
    this.#samples ??= container.stats$.subscribe({
      next: stat => void this.#link.send('control', { type: 'stat', stat }),
      complete: () => void this.#link.send('control', { type: 'statsEnd' }),
      error: () => void this.#link.send('control', { type: 'statsEnd' }),
    })
  }

  async #copyOut(container: EngineContainer, path: string): Promise<boolean> {
    this.#copyingOut = new AbortController()
    const { signal } = this.#copyingOut
    const found = await container.copyOut?.(path, signal)
    if (found === undefined) return false
    void sendFound(this.#link, found, signal)
    return true
  }

  async #remove(): Promise<void> {
    this.#isEnding = true
    clearTimeout(this.#unanswered)
    this.#preparing.abort()
    this.#copyingIn.abort()
    this.#copyingOut.abort()
    this.#samples?.unsubscribe()
    this.#files.close()
    try {
      await this.#container?.remove()
    } finally {
      this.#input.close()
      // The reply, and what else is on its way, has a moment to arrive.
      this.#options.post.retire(this.#link)
      this.#over.resolve()
    }
  }
}

function notReady(method: string): CookietinError {
  return new CookietinError('ERR_COOKIETIN_INVALID_STATE', `Cannot ${method} a container that is not prepared`)
}
