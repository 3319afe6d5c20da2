import { Observable, ReplaySubject, Subject } from 'rxjs'
import type { Exit } from '../../../machines/types/cookie.ts'
import type {
  ContainerEvents,
  ContainerStreams,
  EngineContainer,
  FileSource,
  FoundEntry,
} from '../../engines/engine.ts'
import type { PullProgress } from '../../engines/pull-progress.ts'
import { CookietinError, cancelledError } from '../../errors.ts'
import type { Stat } from '../../stats/stat.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'
import { onAbort } from '../../utils/abort.ts'
import { deferred } from '../../utils/deferred.ts'
import { Calls } from '../link/calls.ts'
import { Link, type Message } from '../link/link.ts'
import { MessageQueue } from '../link/message-queue.ts'
import { decodeError } from '../wire/error.ts'
import { type ContainerIdentity, readIdentity } from '../wire/identity.ts'
import { encodeTask, type WireTask } from '../wire/task.ts'
import type { ClusterClient } from './cluster-client.ts'
import { receiveFound, sendSource } from './remote-files.ts'
import { RemoteInput } from './remote-input.ts'
import { RemoteOutput } from './remote-output.ts'

/** How long a run whose job was taken may be without a word of its host (ms), when it is to be removed. */
const helloTimeout = 15_000

/**
 * A container on another host: every call of the engine's port is made there, on a container of that host's own driver. The
 * cookie's machine is here, so its states, times and results are those of a local run.
 */
export class RemoteContainer implements EngineContainer {
  readonly options: object = {}
  readonly pull$ = new ReplaySubject<PullProgress>(1)
  readonly stats$: Observable<Stat>
  readonly #client: ClusterClient
  readonly #task: ResolvedTask
  readonly #wire: WireTask
  readonly #run: string
  readonly #link: Link
  readonly #calls: Calls
  readonly #exit = deferred<Exit>()
  /** The output on its way to the sinks. */
  readonly #output = new RemoteOutput()
  readonly #hello = deferred<void>()
  readonly #samples$ = new Subject<Stat>()
  readonly #found = new MessageQueue()
  #worker: string | undefined
  #host = '?'
  #identity: ContainerIdentity = {}
  #events: ContainerEvents | undefined
  #input: RemoteInput | undefined
  #files: readonly FileSource[] = []
  #isPrepared = false
  #wantsSamples = false
  #isOver = false
  #removal: Promise<void> | undefined

  constructor(client: ClusterClient, task: ResolvedTask) {
    this.#client = client
    this.#task = task
    this.#wire = encodeTask(task)
    this.#run = client.newRun(task.id)
    this.#link = new Link({
      run: this.#run,
      transmit: packet => this.#worker !== undefined && client.post.transmit(this.#worker, packet),
      peer: () => this.#worker,
      takers: {
        control: message => this.#control(message),
        output: message => this.#output.write(message),
        artifacts: message => this.#found.put(message),
      },
    })
    this.#calls = new Calls(this.#link, () => this.#host)
    client.post.add(this.#link)
    this.stats$ = new Observable(subscriber => {
      const subscription = this.#samples$.subscribe(subscriber)
      if (this.#isPrepared) this.#sample()
      this.#wantsSamples = true
      return subscription
    })
  }

  get name(): string {
    return `${this.#task.id} on host ${this.#host}`
  }
  get id(): string | undefined {
    return this.#identity.id
  }
  get imageDigest(): string | undefined {
    return this.#identity.imageDigest
  }

  async prepare(signal: AbortSignal): Promise<void> {
    const doing = `prepare a container for ${this.#task.id}`
    if (signal.aborted) throw cancelledError(doing, signal.reason)
    const aborted = deferred<never>()
    const release = onAbort(signal, () => aborted.reject(cancelledError(doing, signal.reason)))
    try {
      await Promise.race([this.#client.enqueue(this.#run, this.#wire, this.#hello.promise), aborted.promise])
      await Promise.race([this.#hello.promise, aborted.promise])
      this.#isPrepared = true
      this.#identity = readIdentity(await Promise.race([this.#calls.call('prepare'), aborted.promise]))
      if (this.#wantsSamples) this.#sample()
    } finally {
      release()
      this.pull$.complete()
    }
  }

  async copyIn(files: readonly FileSource[], signal: AbortSignal): Promise<void> {
    this.#files = files
    const release = onAbort(signal, () => void this.#calls.call('abortCopyIn').catch(() => {}))
    try {
      await this.#calls.call('copyIn', { files: files.map(({ path, isRepeatable }) => ({ path, isRepeatable })) })
    } finally {
      release()
    }
  }

  async copyOut(path: string, signal: AbortSignal): Promise<AsyncIterable<FoundEntry> | undefined> {
    const stop = () => void this.#calls.call('stopCopyOut').catch(() => {})
    const release = onAbort(signal, stop)
    try {
      const isFound = await this.#calls.call<boolean>('copyOut', { path })
      return isFound ? receiveFound(this.#found, { host: () => this.#host, stop }) : undefined
    } finally {
      release()
    }
  }

  async start(streams: ContainerStreams, events: ContainerEvents): Promise<void> {
    this.#output.use(streams)
    this.#events = events
    this.#input = new RemoteInput(this.#link, streams.stdin, error => events.broken(error))
    try {
      this.#identity = readIdentity(await this.#calls.call('start'))
    } catch (error) {
      this.#input.stop()
      this.#exit.reject(error)
      throw error
    }
  }

  wait(): Promise<Exit> {
    return this.#exit.promise
  }

  pause(): Promise<void> {
    return this.#calls.call('pause')
  }

  unpause(): Promise<void> {
    return this.#calls.call('unpause')
  }

  signal(name: string | undefined): Promise<void> {
    return this.#calls.call('signal', { name })
  }

  async kill(): Promise<void> {
    this.#output.drain()
    if (!this.#output.isUsed || this.#isOver) return
    await this.#calls.call('kill')
  }

  remove(): Promise<void> {
    this.#removal ??= this.#remove().catch(error => {
      this.#removal = undefined
      throw error
    })
    return this.#removal
  }

  /** The host is gone, and with it the container: it ends it by itself before this is known here. */
  lose(error: CookietinError): void {
    this.#exit.reject(error)
    this.#calls.fail(error)
    this.#hello.reject(error)
    this.#finish()
  }

  /** The process that runs it, once it is known. */
  get worker(): string | undefined {
    return this.#worker
  }

  async #remove(): Promise<void> {
    this.#output.drain()
    this.pull$.complete()
    try {
      if (this.#client.isClosed) return
      // A job that nobody has taken is gone at once.
      if (this.#worker === undefined && (await this.#client.withdraw(this.#run))) return
      const timer = setTimeout(() => this.#hello.reject(notTaken(this.#task.id)), helloTimeout)
      await this.#hello.promise.finally(() => clearTimeout(timer))
      await this.#calls.call('remove')
    } catch (error) {
      // Its host ends what it cannot be asked to end.
      if (!(error instanceof CookietinError) || error.code !== 'ERR_COOKIETIN_HOST_LOST') throw error
    } finally {
      const message = `The container of ${this.#task.id} was removed before its end was seen`
      const removed = new CookietinError('ERR_COOKIETIN_CLOSED', message)
      this.#exit.reject(removed)
      // The replies to calls that the removal has overtaken are not heard any more.
      this.#calls.fail(removed)
      this.#finish()
    }
  }

  #finish(): void {
    this.#isOver = true
    this.#input?.stop()
    this.#samples$.complete()
    this.#found.close()
    this.#client.forget(this)
    this.#client.post.remove(this.#link)
  }

  #control(message: Message): Promise<void> | undefined {
    switch (message.type) {
      case 'hello':
        this.#worker = String(message.worker)
        this.#host = String(message.host)
        this.#client.meet(this)
        this.#hello.resolve()
        break
      case 'reply':
        this.#calls.reply(message)
        break
      case 'pull':
        this.pull$.next(message.progress as PullProgress)
        break
      case 'stat':
        this.#samples$.next(message.stat as Stat)
        break
      case 'statsEnd':
        this.#samples$.complete()
        break
      case 'readInput':
        void this.#input?.start()
        break
      case 'stopInput':
        this.#input?.stop()
        break
      case 'readSource':
        void sendSource(this.#link, this.#files[Number(message.index)])
        break
      case 'exitSeen':
        this.#events?.exitSeen()
        break
      case 'exit':
        void this.#ended(message)
        break
      case 'lost':
        this.lose(decodeError(message.error, this.#host))
        break
    }
    return undefined
  }

  /** The exit may overtake the output, which has a lane of its own. */
  async #ended({ exit, output, error }: Message): Promise<void> {
    await this.#link.taken('output', Number(output))
    this.#input?.stop()
    const lost = this.#output.isTruncated ? { outputTruncated: true } : {}
    if (error === undefined) this.#exit.resolve({ ...(exit as Exit), ...lost })
    else this.#exit.reject(decodeError(error, this.#host))
  }

  #sample(): void {
    void this.#calls.call('sample').catch(() => {})
  }
}

function notTaken(id: string): CookietinError {
  return new CookietinError(
    'ERR_COOKIETIN_NOT_CLEANED',
    `The host that took ${id} does not answer; it ends the container by itself`,
    {
      retryable: true,
      leaked: [id],
    },
  )
}
