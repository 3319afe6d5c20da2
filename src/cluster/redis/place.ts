import type { RedisOptions } from 'ioredis'
import { type Issues, isRecord } from '../../utils/validation/issues.ts'
import type { Rule } from '../../utils/validation/rules.ts'

/** Where Redis is: a URL (`redis://`, `rediss://`), the path of a unix socket, or the options of ioredis. */
export type ClusterConnection = string | RedisOptions

/** A queue and the Redis that it is in. */
export interface ClusterPlace {
  /** Where Redis is: `'redis://HOST:PORT'`, `'rediss://…'`, the path of a unix socket, or options of ioredis. */
  readonly connection: ClusterConnection
  /**
   * The queue that the workers take runs from. Give each tenant one, with workers of its own.
   *
   * @default 'cookietin'
   */
  readonly queue?: string | undefined
}

/** A {@link ClusterPlace} as it is used. */
export interface ResolvedPlace {
  readonly connection: RedisOptions
  readonly queue: string
}

/** The queue of those that name none. */
const defaultQueue = 'cookietin'

const queueName: Rule<string> = {
  // A colon would be one of BullMQ's own.
  allowed: '1 to 100 letters, digits, "_", "." and "-"',
  read: value => (typeof value === 'string' && /^[A-Za-z0-9_.-]{1,100}$/.test(value) ? value : undefined),
}

const redisOptions: Rule<RedisOptions> = {
  allowed: "'redis://HOST:PORT', 'rediss://HOST:PORT', the path of a unix socket, or an object of ioredis options",
  read(value) {
    if (isRecord(value)) return value
    if (typeof value !== 'string') return undefined
    return value.startsWith('/') ? { path: value } : readUrl(value)
  },
}

/** Reads where a queue is. What is wrong is added to the issues. */
export function readPlace(issues: Issues, given: Partial<ClusterPlace> | undefined): ResolvedPlace {
  const connection = redisOptions.read(given?.connection)
  // It may hold a password.
  if (connection === undefined) issues.addSecret('connection', given?.connection, redisOptions.allowed)
  return {
    connection: connection ?? {},
    queue: issues.read('queue', given?.queue, queueName, defaultQueue),
  }
}

function readUrl(text: string): RedisOptions | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const { hostname, port, pathname, protocol, search, hash } = url
  const db = /^\/?(\d*)$/.exec(pathname)?.[1]
  const [username, password] = [decoded(url.username), decoded(url.password)]
  if (hostname === '' || db === undefined || username === undefined || password === undefined) return undefined
  // What would have no effect is not taken.
  if (search !== '' || hash !== '') return undefined
  if (protocol !== 'redis:' && protocol !== 'rediss:') return undefined
  return {
    // The brackets of an IPv6 address are the URL's.
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || 6379),
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    ...(db !== '' && { db: Number(db) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  }
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
