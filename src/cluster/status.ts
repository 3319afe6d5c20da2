import { Issues, isRecord } from '../utils/validation/issues.ts'
import { checkKnown } from '../utils/validation/known-options.ts'
import { connectRedis } from './redis/connect.ts'
import { keysOf } from './redis/keys.ts'
import { type ClusterPlace, readPlace } from './redis/place.ts'
import { readJson } from './wire/read-json.ts'

/** A worker, as it told of itself last. */
export interface HostStatus {
  readonly host: string
  readonly slots: number
  /** Runs that it has. */
  readonly busy: number
  readonly isDraining: boolean
}

/** What is known of a cluster. */
export interface ClusterStatus {
  readonly queue: string
  /** Runs that wait for a worker. */
  readonly waiting: number
  /** Runs that a worker has. */
  readonly active: number
  readonly hosts: readonly HostStatus[]
  readonly redis: RedisFacts
}

/** The facts of a Redis that decide what a cluster can rely on. */
export interface RedisFacts {
  readonly version: string
  /** It logs its commands, so that a restart loses a second at most. */
  readonly isPersistent: boolean
  /** What it removes when its memory is full. Anything but `noeviction` loses runs. Undefined where it does not tell. */
  readonly evictionPolicy: string | undefined
  /** What should be changed, as sentences. */
  readonly advice: readonly string[]
}

const known: Record<keyof ClusterPlace, true> = { connection: true, queue: true }

/** How long the connection may take, in ms. */
const connectTimeout = 5_000

/**
 * Looks at a cluster: its hosts, their slots, the queue, and its Redis.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, which lists every bad option.
 * @throws CookietinError `ERR_COOKIETIN_CLUSTER_FAILED` when Redis does not answer, or bullmq and ioredis are not installed.
 *
 * @example
 * const { hosts, waiting } = await clusterStatus({ connection: 'redis://queue.internal' })
 */
export async function clusterStatus(place: ClusterPlace): Promise<ClusterStatus> {
  checkKnown(place, known, 'ERR_COOKIETIN_INVALID_CONFIG')
  const issues = new Issues()
  const { connection, queue } = readPlace(issues, place)
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
  const { redis, bullmq, queueOptions } = await connectRedis(connection, connectTimeout)
  const jobs = new bullmq.Queue(queue, { ...queueOptions, connection: redis as never })
  try {
    const keys = keysOf(queue)
    const workers = await redis.smembers(keys.workers)
    const told = workers.length === 0 ? [] : await redis.mget(workers.map(worker => keys.alive(worker)))
    // A worker that was killed stays in the set until somebody looks.
    const gone = workers.filter((_, index) => told[index] == null)
    if (gone.length > 0) await redis.srem(keys.workers, ...gone)
    const counts = await jobs.getJobCounts('waiting', 'prioritized', 'active')
    return {
      queue,
      waiting: (counts.waiting ?? 0) + (counts.prioritized ?? 0),
      active: counts.active ?? 0,
      hosts: told
        .flatMap(text => (text == null ? [] : (hostOf(text) ?? [])))
        .toSorted((a, b) => (a.host < b.host ? -1 : 1)),
      redis: factsOf(await redis.info(), await policyOf(redis)),
    }
  } finally {
    await jobs.close()
    redis.disconnect()
  }
}

/** Managed services refuse the command. */
async function policyOf(redis: { config(verb: 'GET', name: string): Promise<unknown> }): Promise<string | undefined> {
  const reply = await redis.config('GET', 'maxmemory-policy').catch(() => undefined)
  if (Array.isArray(reply)) return typeof reply[1] === 'string' ? reply[1] : undefined
  const policy = isRecord(reply) ? reply['maxmemory-policy'] : undefined
  return typeof policy === 'string' ? policy : undefined
}

/** Undefined for what no worker tells of itself. */
function hostOf(text: string): HostStatus | undefined {
  const { host, slots, busy, isDraining } = readJson(text)
  if (typeof host !== 'string') return undefined
  return { host, slots: Number(slots), busy: Number(busy), isDraining: isDraining === true }
}

/** Reads the facts of a Redis, with what should be changed. */
export function factsOf(info: string, evictionPolicy: string | undefined): RedisFacts {
  const read = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const version = read('redis_version') ?? 'unknown'
  const isPersistent = read('aof_enabled') === '1'
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const advice: string[] = []
  if (major < 6 || (major === 6 && minor < 2)) advice.push(`Redis ${version} is older than 6.2: use 6.2 or later`)
  if (!isPersistent) advice.push('appendonly is off: a restart loses the runs that wait. Set appendonly yes')
  if (evictionPolicy !== undefined && evictionPolicy !== 'noeviction') {
    advice.push(`maxmemory-policy is ${evictionPolicy}: a full memory loses runs. Set maxmemory-policy noeviction`)
  }
  return { version, isPersistent, evictionPolicy, advice }
}
