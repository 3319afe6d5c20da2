import type { ConnectionOptions } from 'bullmq'
import type { Redis, RedisOptions } from 'ioredis'
import { CookietinError, messageOf } from '../../errors.ts'
import { settles } from '../../utils/timing.ts'

/** The libraries that a cluster needs. They are loaded by the first use. */
interface ClusterLibraries {
  readonly Redis: typeof import('ioredis').Redis
  readonly bullmq: typeof import('bullmq')
}

/** A Redis that has answered. */
export interface ConnectedRedis {
  readonly redis: Redis
  readonly bullmq: typeof import('bullmq')
  /** The options of a queue, or of a worker, of BullMQ: it makes connections of its own. */
  readonly queueOptions: { readonly connection: ConnectionOptions; readonly skipVersionCheck: true }
  /** Opens one more connection, for reads that wait. */
  another(): Redis
}

/**
 * Loads the optional libraries, and connects.
 *
 * @param timeout - How long that may take, in ms.
 * @throws CookietinError `ERR_COOKIETIN_CLUSTER_FAILED` when Redis does not answer, or the libraries are not installed.
 */
export async function connectRedis(connection: RedisOptions, timeout: number): Promise<ConnectedRedis> {
  const libraries = await loadLibraries()
  const redis = openRedis(libraries, connection)
  await dialRedis(redis, timeout)
  return {
    redis,
    bullmq: libraries.bullmq,
    queueOptions: {
      connection: { ...connection, maxRetriesPerRequest: null } as ConnectionOptions,
      skipVersionCheck: true,
    },
    another: () => openRedis(libraries, connection),
  }
}

/** How long the last words to a Redis may take, in ms. It may be away for ever. */
const goodbye = 1_000

/** Waits for the last words to a Redis. Resolves with false when they are given up. */
export const lastWords = (words: Promise<unknown>): Promise<boolean> => settles(words, goodbye)

/** A queue or a worker of BullMQ. */
interface BullPart {
  close(): Promise<void>
  disconnect(): Promise<void>
}

/** Closes a part of BullMQ, whose own `close()` waits for a Redis that is away. */
export async function closeBull(part: BullPart, closed: Promise<void> = part.close()): Promise<void> {
  if (await lastWords(closed)) return
  await lastWords(part.disconnect())
  // A worker has come to none of these, and their timers would keep the process alive.
  const { lockManager, stalledCheckStopper } = part as WorkerTimers
  await lockManager?.close()
  stalledCheckStopper?.()
}

/** What a worker of BullMQ closes last. */
type WorkerTimers = BullPart & {
  readonly lockManager?: { close(): Promise<void> }
  readonly stalledCheckStopper?: () => void
}

async function loadLibraries(): Promise<ClusterLibraries> {
  try {
    const [ioredis, bullmq] = await Promise.all([import('ioredis'), import('bullmq')])
    return { Redis: ioredis.Redis, bullmq }
  } catch (cause) {
    const message = `cookietin/cluster needs the packages bullmq and ioredis: npm install bullmq ioredis (${messageOf(cause)})`
    throw new CookietinError('ERR_COOKIETIN_CLUSTER_FAILED', message, { cause })
  }
}

/** Opens a connection that outlives restarts of Redis. What is sent meanwhile waits. */
function openRedis({ Redis }: ClusterLibraries, options: RedisOptions): Redis {
  const lasting = { maxRetriesPerRequest: null, retryStrategy: (attempt: number) => Math.min(50 * attempt, 500) }
  const redis = new Redis({ ...options, ...lasting, lazyConnect: true } as never)
  // A lost connection is told by what does not come, not by an event that nobody handles.
  redis.on('error', () => {})
  return redis
}

/** Connects, or says why not. */
async function dialRedis(redis: Redis, timeout: number): Promise<void> {
  let noted: unknown
  const note = (error: unknown) => {
    noted = error
  }
  redis.on('error', note)
  try {
    const connected = redis.connect().then(() => redis.ping())
    if (!(await settles(connected, timeout))) throw new Error(`no answer within ${timeout} ms`)
    await connected
  } catch (error) {
    redis.disconnect()
    const cause = noted ?? error
    // Redis ends some of its sentences, and others not.
    const reason = messageOf(cause).replace(/\.+$/, '')
    // What Redis itself refuses, such as a password, it refuses again.
    const retryable = !(cause instanceof Error && cause.name === 'ReplyError')
    const message = `Cannot connect to Redis: ${reason}. Is it running, and is the connection right?`
    throw new CookietinError('ERR_COOKIETIN_CLUSTER_FAILED', message, { cause, retryable })
  } finally {
    redis.off('error', note)
  }
}
