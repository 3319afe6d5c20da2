import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Worker as BullWorker, Job } from 'bullmq'
import type { Redis } from 'ioredis'
import { BehaviorSubject, type Observable } from 'rxjs'
import type { Driver } from '../../driver/driver.ts'
import { type EngineDriver, isEngineDriver } from '../../driver/engine-driver.ts'
import { CookietinError } from '../../errors.ts'
import { Issues } from '../../utils/validation/issues.ts'
import { checkKnown } from '../../utils/validation/known-options.ts'
import { callback, line, milliseconds, type Rule, whole } from '../../utils/validation/rules.ts'
import { closeBull, connectRedis, lastWords } from '../redis/connect.ts'
import { type ClusterKeys, keysOf } from '../redis/keys.ts'
import { type ClusterPlace, readPlace } from '../redis/place.ts'
import { Post } from '../redis/post.ts'
import { Presence } from '../redis/presence.ts'
import type { RunJob } from '../remote/cluster-client.ts'
import { wireVersion } from '../wire/packet.ts'
import { decodeTask } from '../wire/task.ts'
import { askPolicy, defaultPolicy, type WorkerPolicy } from './policy.ts'
import { ServedFunctions } from './served-functions.ts'
import { ServedRun } from './served-run.ts'

/** Options of {@link startWorker}. */
export interface WorkerOptions extends ClusterPlace {
  /** The driver that runs what is taken, such as that of `createDockerDriver()`. The worker does not close it. */
  readonly driver: Driver
  /**
   * How many runs it has at once.
   *
   * @default 4
   */
  readonly slots?: number | undefined
  /**
   * How many containers of hot functions it has at once, besides its runs. 0: it serves no functions.
   *
   * @default `slots`
   */
  readonly functions?: number | undefined
  /**
   * The name of this host, in errors and in `cookietin cluster status`.
   *
   * @default the host's name
   */
  readonly host?: string | undefined
  /**
   * Decides which tasks this host runs: returns why one is refused.
   *
   * @default refuses mounts of host paths
   */
  readonly policy?: WorkerPolicy | undefined
  /**
   * How long this process may be out of sight, in ms, before others take it for lost. It ends its runs after 0.8 of that. The same for
   * all processes of a cluster.
   *
   * @default 5,000
   */
  readonly lease?: number | undefined
}

/** What a worker does. */
export interface WorkerStatus {
  /** The name of the host. */
  readonly host: string
  /** How many runs it has at once. */
  readonly slots: number
  /** How many runs it has now. */
  readonly busy: number
  /** True: it takes no more runs, and ends when those that it has are over. */
  readonly isDraining: boolean
}

/** A worker of a cluster: it takes runs from the queue and runs them on its own driver. */
export interface ClusterWorker extends AsyncDisposable {
  /** What the worker does: the present status, then every change. Completes when the worker is closed. */
  readonly status$: Observable<WorkerStatus>
  /**
   * Takes no more runs, waits for those that it has, and disconnects. With `force`, and by a second call with it, they are ended: their
   * submitters see a lost host. Idempotent; `await using` does it.
   */
  close(options?: { readonly force?: boolean | undefined }): Promise<void>
}

const known: Record<keyof WorkerOptions, true> = {
  connection: true,
  driver: true,
  queue: true,
  slots: true,
  functions: true,
  host: true,
  policy: true,
  lease: true,
}

const engineDriver: Rule<EngineDriver> = {
  allowed: 'a driver, such as createDockerDriver() makes',
  read: value => (isEngineDriver(value) ? value : undefined),
}

/** How long the first connection may take, in ms. */
const connectTimeout = 10_000

/**
 * Starts to take runs from a queue.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, which lists every bad option.
 * @throws CookietinError `ERR_COOKIETIN_CLUSTER_FAILED` when Redis does not answer, or bullmq and ioredis are not installed.
 *
 * @example
 * await using driver = await createDockerDriver()
 * await using worker = await startWorker({ connection: 'redis://queue.internal', driver, slots: 8 })
 */
export async function startWorker(options: WorkerOptions): Promise<ClusterWorker> {
  checkKnown(options, known, 'ERR_COOKIETIN_INVALID_CONFIG')
  const issues = new Issues()
  const { connection, queue } = readPlace(issues, options)
  const slots = issues.read('slots', options?.slots, whole({ min: 1, max: 10_000 }), 4)
  const functions = issues.read('functions', options?.functions, whole({ max: 10_000 }), slots)
  const host = issues.read('host', options?.host, line, hostname())
  const lease = issues.read('lease', options?.lease, milliseconds({ min: 1_000 }), 5_000)
  const policy = issues.read('policy', options?.policy, callback, defaultPolicy) as WorkerPolicy
  const driver = engineDriver.read(options?.driver)
  if (driver === undefined) issues.add('driver', options?.driver, engineDriver.allowed)
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
  const { redis, bullmq, queueOptions, another } = await connectRedis(connection, connectTimeout)
  const worker = new OpenWorker({
    ...{ driver: driver as EngineDriver, slots, functions, host, policy, lease, redis },
    reader: another(),
    keys: keysOf(queue),
    putBack: () => new bullmq.WaitingError(),
    take: process =>
      new bullmq.Worker<RunJob>(queue, process, {
        ...queueOptions,
        concurrency: slots,
        lockDuration: lease,
        stalledInterval: Math.max(1_000, lease / 2),
        maxStalledCount: 10,
      }),
  })
  try {
    await worker.start()
    return worker
  } catch (error) {
    await worker.close()
    throw error
  }
}

interface OpenWorkerOptions {
  readonly driver: EngineDriver
  readonly slots: number
  readonly functions: number
  readonly host: string
  readonly policy: WorkerPolicy
  readonly lease: number
  readonly redis: Redis
  readonly reader: Redis
  readonly keys: ClusterKeys
  /** Makes what a job that was put back is left with. */
  readonly putBack: () => Error
  readonly take: (
    process: (job: Job<RunJob>, token?: string, signal?: AbortSignal) => Promise<void>,
  ) => BullWorker<RunJob>
}

class OpenWorker implements ClusterWorker {
  readonly status$: BehaviorSubject<WorkerStatus>
  readonly #options: OpenWorkerOptions
  readonly #self = `w-${randomBytes(8).toString('hex')}`
  readonly #post: Post
  readonly #presence: Presence
  readonly #runs = new Set<ServedRun>()
  readonly #functions: ServedFunctions
  #bull: BullWorker<RunJob> | undefined
  #closing: Promise<void> | undefined

  constructor(options: OpenWorkerOptions) {
    const { redis, reader, keys, lease, host, slots, driver, functions: capacity, policy } = options
    this.#options = options
    this.status$ = new BehaviorSubject<WorkerStatus>({ host, slots, busy: 0, isDraining: false })
    this.#post = new Post({
      ...{ redis, reader, keys, self: this.#self },
      onStray: packet => this.#functions.receive(packet),
    })
    this.#functions = new ServedFunctions({
      ...{ driver, capacity, policy, post: this.#post },
      isDraining: () => this.#closing !== undefined || this.#presence.isFenced,
      onCall: submitter => this.#presence.watch(submitter),
    })
    this.#presence = new Presence({
      ...{ redis, keys, self: this.#self, lease },
      about: () => ({ ...this.status$.value, functions: this.#functions.status, pid: process.pid, v: wireVersion }),
      onLost: lost => this.#endAll(({ submitter }) => submitter === lost, 'its submitter is gone'),
      onFenced: () => this.#endAll(() => true, 'its host could not reach Redis'),
    })
  }

  async start(): Promise<void> {
    const { redis, keys, take } = this.#options
    await this.#presence.start()
    await redis.sadd(keys.workers, this.#self)
    this.#bull = take((job, token, signal) => this.#process(job, token, signal))
    this.#bull.on('error', () => {})
    await this.#bull.waitUntilReady()
  }

  close(options?: { readonly force?: boolean | undefined }): Promise<void> {
    const force = options?.force ?? false
    this.#closing ??= this.#close()
    if (force) this.#endAll(() => true, 'its worker was closed')
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#report(true)
    // It takes nothing more from now on.
    const taken = this.#bull?.close()
    taken?.catch(() => {})
    await Promise.all([...this.#runs].map(run => run.over))
    await this.#functions.close()
    const { redis, keys } = this.#options
    if (this.#bull !== undefined) await closeBull(this.#bull, taken)
    await lastWords(redis.srem(keys.workers, this.#self))
    await lastWords(this.#presence.stop())
    await lastWords(this.#post.close())
    redis.disconnect()
    this.status$.complete()
  }

  async #process(job: Job<RunJob>, token: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    // A second start would run it twice: the submitter decides what happens to a run whose host was lost.
    if (job.stalledCounter > 0) return
    // The queue may hand out a last one while it is told to stop.
    if (this.#closing !== undefined || this.#presence.isFenced) {
      await job.moveToWait(token)
      throw this.#options.putBack()
    }
    if (job.data?.v !== wireVersion)
      throw new Error(`this worker understands version ${wireVersion} of a job, not ${job.data?.v}`)
    const run = new ServedRun({
      job: job.data,
      post: this.#post,
      host: this.#options.host,
      answerTimeout: 3 * this.#options.lease,
      open: ({ task }) => this.#open(task),
    })
    this.#runs.add(run)
    const release = this.#presence.watch(run.submitter)
    this.#report(this.#closing !== undefined)
    const fence = () => void run.end(lost('the queue has given it away'))
    signal?.addEventListener('abort', fence)
    try {
      await run.over
    } finally {
      signal?.removeEventListener('abort', fence)
      this.#runs.delete(run)
      release()
      this.#report(this.#closing !== undefined)
    }
  }

  #open(wire: unknown) {
    const { driver, policy } = this.#options
    const task = decodeTask(wire, given => driver.resolve(given))
    askPolicy(policy, task)
    return { task, container: driver.engine.container(task) }
  }

  #endAll(which: (each: { readonly submitter: string }) => boolean, why: string): void {
    for (const run of this.#runs) if (which(run)) void run.end(lost(why)).catch(() => {})
    this.#functions.endAll(which, lost(why))
  }

  #report(isDraining: boolean): void {
    const { host, slots } = this.#options
    this.status$.next({ host, slots, busy: this.#runs.size, isDraining })
  }
}

const lost = (why: string) =>
  new CookietinError('ERR_COOKIETIN_HOST_LOST', `The run was ended by its host: ${why}`, { retryable: true })
