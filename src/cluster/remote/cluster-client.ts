import { randomBytes } from 'node:crypto'
import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { CookietinError } from '../../errors.ts'
import { settles } from '../../utils/timing.ts'
import { type ConnectedRedis, closeBull, lastWords } from '../redis/connect.ts'
import { type ClusterKeys, keysOf } from '../redis/keys.ts'
import { Post } from '../redis/post.ts'
import { Presence } from '../redis/presence.ts'
import { wireVersion } from '../wire/packet.ts'
import type { WireTask } from '../wire/task.ts'
import { Hosts } from './hosts.ts'

/** How often it is looked whether a job that nobody has taken is still there, in ms. A crash of Redis may lose the last second. */
const lookAgain = 2_000

/** The states of a job that no worker will take any more. */
const over: readonly string[] = ['unknown', 'completed', 'failed']

/** The options of a {@link ClusterClient}. */
export interface ClusterClientOptions {
  readonly queue: string
  readonly priority: number
  /** ms. */
  readonly lease: number
}

/** A run that a worker has. */
export interface RemoteRun {
  readonly name: string
  /** The worker's process. */
  readonly worker: string | undefined
  /** Its host is gone. */
  lose(error: CookietinError): void
}

/** A job of the queue: one run. */
export interface RunJob {
  readonly v: number
  readonly run: string
  /** The process that waits for it. */
  readonly from: string
  readonly task: WireTask
}

/** The part of a cluster that a submitting process has: its connections, its queue and its runs. */
export class ClusterClient {
  readonly post: Post
  readonly hosts: Hosts
  readonly redis: Redis
  readonly keys: ClusterKeys
  readonly #options: ClusterClientOptions
  readonly #queue: Queue<RunJob>
  readonly #presence: Presence
  /** Runs and calls that a worker has, each with what ends the watch for it. */
  readonly #runs = new Map<RemoteRun, () => void>()
  /** Jobs on their way into the queue, by the name of the run. */
  readonly #adding = new Map<string, Promise<unknown>>()
  /** Runs that no worker has taken, each with the timer that looks after its job. */
  readonly #waiting = new Map<string, NodeJS.Timeout>()
  #closing: Promise<void> | undefined

  private constructor(options: ClusterClientOptions, { redis, bullmq, queueOptions, another }: ConnectedRedis) {
    const { queue, lease } = options
    const self = `s-${randomBytes(8).toString('hex')}`
    this.#options = options
    this.redis = redis
    this.keys = keysOf(queue)
    this.hosts = new Hosts(redis, this.keys, self)
    this.post = new Post({ redis, reader: another(), keys: this.keys, self })
    this.#presence = new Presence({
      ...{ redis, keys: this.keys, self, lease },
      about: () => ({ submitter: true, runs: this.#runs.size }),
      onLost: worker => this.#lose(worker),
    })
    this.#queue = new bullmq.Queue<RunJob>(queue, queueOptions)
    this.#queue.on('error', () => {})
  }

  /**
   * Makes a client that others can see.
   *
   * @throws CookietinError `ERR_COOKIETIN_CLUSTER_FAILED` when Redis refuses that.
   */
  static async open(options: ClusterClientOptions, connected: ConnectedRedis): Promise<ClusterClient> {
    const client = new ClusterClient(options, connected)
    try {
      await client.#presence.start()
      return client
    } catch (error) {
      await client.close()
      throw error
    }
  }

  get isClosed(): boolean {
    return this.#closing !== undefined
  }

  /** A name for one run of a task, which no other run has. */
  newRun(id: string): string {
    return `${id}.${randomBytes(6).toString('hex')}`
  }

  /** Puts a run into the queue, and keeps it there until `taken` settles. */
  async enqueue(run: string, task: WireTask, taken: Promise<void>): Promise<void> {
    if (this.isClosed) throw new CookietinError('ERR_COOKIETIN_CLOSED', 'The cluster driver is closed')
    const look = () => void this.#lookAgain(run, task).catch(() => {})
    this.#waiting.set(run, setInterval(look, lookAgain).unref())
    const stop = () => this.#stopLooking(run)
    taken.then(stop, stop)
    await this.#add(run, task)
  }

  /** Takes a run out of the queue. Resolves with false when a worker has it. Where Redis is away, nothing runs: this process does not ask for it. */
  async withdraw(run: string): Promise<boolean> {
    this.#stopLooking(run)
    const taken = this.#takeOut(run)
    return (await settles(taken, this.#options.lease)) ? await taken : true
  }

  async #takeOut(run: string): Promise<boolean> {
    // It may be on its way into the queue.
    await this.#adding.get(run)?.catch(() => {})
    const state = await this.#queue.getJobState(run)
    if (state === 'unknown') return true
    return (await this.#queue.remove(run)) === 1
  }

  /** A worker has taken a run. */
  meet(container: RemoteRun): void {
    if (container.worker !== undefined) this.#runs.set(container, this.#presence.watch(container.worker))
  }

  /** A run is over. */
  forget(container: RemoteRun): void {
    this.#runs.get(container)?.()
    this.#runs.delete(container)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const run of this.#waiting.keys()) this.#stopLooking(run)
    await lastWords(this.#presence.stop())
    await lastWords(this.post.close())
    await closeBull(this.#queue)
    this.redis.disconnect()
  }

  async #add(run: string, task: WireTask): Promise<void> {
    const { priority } = this.#options
    const job: RunJob = { v: wireVersion, run, from: this.post.self, task }
    const added = this.#queue.add('run', job, {
      jobId: run,
      attempts: 1,
      removeOnComplete: { age: 60, count: 1_000 },
      removeOnFail: { age: 60, count: 1_000 },
      ...(priority > 0 && { priority }),
    })
    this.#adding.set(run, added)
    try {
      await added
    } finally {
      this.#adding.delete(run)
    }
  }

  /**
   * Adds a job again that a crash of Redis has lost, or whose worker was lost before it was heard of. Nothing has run: that happens only
   * when this process asks for it.
   */
  async #lookAgain(run: string, task: WireTask): Promise<void> {
    if (this.#adding.has(run)) return
    if (!over.includes(await this.#queue.getJobState(run)) || !this.#waiting.has(run)) return
    await this.#queue.remove(run)
    if (this.#waiting.has(run)) await this.#add(run, task)
  }

  #stopLooking(run: string): void {
    clearInterval(this.#waiting.get(run))
    this.#waiting.delete(run)
  }

  #lose(worker: string): void {
    for (const container of [...this.#runs.keys()]) {
      if (container.worker !== worker) continue
      const message = `${container.name} was lost: its worker has not been seen for ${this.#options.lease} ms. It ends its containers by itself when it cannot reach Redis; those of a worker that was killed end when it is started again, or at their deadline`
      container.lose(new CookietinError('ERR_COOKIETIN_HOST_LOST', message, { retryable: true }))
    }
  }
}
