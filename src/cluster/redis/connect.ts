import type { Redis, RedisOptions } from 'ioredis'
import { CookietinError, InvalidInputError, messageOf } from '../../errors.ts'
import { settles } from '../../utils/timing.ts'

/** Where Redis is: a URL (`redis://`, `rediss://`), the path of a unix socket, or the options of ioredis. */
export type ClusterConnection = string | RedisOptions

/** The libraries that a cluster needs. They are loaded by the first use. */
export interface ClusterLibraries {
  readonly Redis: typeof import('ioredis').Redis
  readonly bullmq: typeof import('bullmq')
}

/**
 * Loads the optional libraries.
 *
 * @throws CookietinError `ERR_COOKIETIN_CLUSTER_FAILED` where they are not installed.
 */
export async function loadLibraries(): Promise<ClusterLibraries> {
  try {
    const [ioredis, bullmq] = await Promise.all([import('ioredis'), import('bullmq')])
    return { Redis: ioredis.Redis, bullmq }
  } catch (cause) {
    const message = `cookietin/cluster needs the packages bullmq and ioredis: npm install bullmq ioredis (${messageOf(cause)})`
    throw new CookietinError('ERR_COOKIETIN_CLUSTER_FAILED', message, { cause })
  }
}

/** Reads the connection of a cluster as the options of ioredis. */
export function readConnection(connection: unknown): RedisOptions {
  if (typeof connection === 'object' && connection !== null) return connection as RedisOptions
  if (typeof connection === 'string' && connection.startsWith('/')) return { path: connection }
  const url = typeof connection === 'string' && URL.canParse(connection) ? new URL(connection) : undefined
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol)) {
    const allowed =
      "'redis://HOST:PORT', 'rediss://HOST:PORT', the path of a unix socket, or an object of ioredis options"
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', [
      { field: 'connection', value: typeof connection === 'string' ? 'a string' : String(connection), allowed },
    ])
  }
  const { hostname, port, username, password, pathname, protocol } = url
  return {
    host: hostname,
    port: Number(port || 6379),
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(pathname.length > 1 && { db: Number(pathname.slice(1)) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  }
}

/** Opens a connection that outlives restarts of Redis. What is sent meanwhile waits. */
export function openRedis({ Redis }: ClusterLibraries, options: RedisOptions): Redis {
  const lasting = { maxRetriesPerRequest: null, retryStrategy: (attempt: number) => Math.min(50 * attempt, 500) }
  const redis = new Redis({ ...options, ...lasting, lazyConnect: true } as never)
  // A lost connection is told by what does not come, not by an event that nobody handles.
  redis.on('error', () => {})
  return redis
}

/**
 * Connects, or says why not.
 *
 * @throws CookietinError `ERR_COOKIETIN_CLUSTER_FAILED`
 */
export async function dialRedis(redis: Redis, timeout: number): Promise<void> {
  let cause: unknown
  const note = (error: unknown) => {
    cause = error
  }
  redis.on('error', note)
  try {
    const connected = redis.connect().then(() => redis.ping())
    if (!(await settles(connected, timeout))) throw new Error(`no answer within ${timeout} ms`)
    await connected
  } catch (error) {
    redis.disconnect()
    const message = `Cannot connect to Redis: ${messageOf(cause ?? error)}. Is it running, and is the connection right?`
    throw new CookietinError('ERR_COOKIETIN_CLUSTER_FAILED', message, { cause: cause ?? error, retryable: true })
  } finally {
    redis.off('error', note)
  }
}
