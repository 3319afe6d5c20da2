import type { Driver } from '../driver/driver.ts'
import { EngineDriver } from '../driver/engine-driver.ts'
import { Issues } from '../utils/validation/issues.ts'
import { checkKnown } from '../utils/validation/known-options.ts'
import { milliseconds, oneOf, whole } from '../utils/validation/rules.ts'
import { type ClusterConnection, loadLibraries, readConnection } from './redis/connect.ts'
import { checkQueue } from './redis/keys.ts'
import { ClusterClient } from './remote/cluster-client.ts'
import { ClusterEngine } from './remote/cluster-engine.ts'

/** Options of {@link createClusterDriver}. */
export interface ClusterDriverOptions {
  /** Where Redis is: `'redis://HOST:PORT'`, `'rediss://…'`, the path of a unix socket, or options of ioredis. */
  readonly connection: ClusterConnection
  /**
   * The queue that the workers take runs from. Give each tenant one, with workers of its own.
   *
   * @default 'cookietin'
   */
  readonly queue?: string | undefined
  /**
   * The priority of this driver's runs among those of all drivers on the queue: 0 first, then 1, up to 2,097,152.
   *
   * @default 0
   */
  readonly priority?: number | undefined
  /**
   * What happens to a run whose host is lost. `'fail'`: it rejects with `ERR_COOKIETIN_HOST_LOST`. `'rerun'`: an executor runs it again on
   * another host, three attempts in all, unless the task has a `retry` of its own.
   *
   * @default 'fail'
   */
  readonly onHostLoss?: 'fail' | 'rerun' | undefined
  /**
   * How long a process may be out of sight, in ms, before it counts as lost. The same for all processes of a cluster.
   *
   * @default 5000
   */
  readonly lease?: number | undefined
  /**
   * How long the first connection may take, in ms.
   *
   * @default 10000
   */
  readonly connectTimeout?: number | undefined
}

const known: Record<keyof ClusterDriverOptions, true> = {
  connection: true,
  queue: true,
  priority: true,
  onHostLoss: true,
  lease: true,
  connectTimeout: true,
}

/**
 * Makes a driver whose containers are on the hosts of a cluster, on which workers take them from a queue. Everything else is
 * as with a driver of this machine: cookies, states, results, the executor, history, inspector.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, which lists every bad option.
 * @throws CookietinError `ERR_COOKIETIN_CLUSTER_FAILED` when Redis does not answer, or bullmq and ioredis are not installed.
 *
 * @example
 * await using driver = await createClusterDriver({ connection: 'redis://queue.internal' })
 * await using executor = createExecutor({ driver, concurrency: 100 })
 */
export async function createClusterDriver(options: ClusterDriverOptions): Promise<Driver> {
  checkKnown(options, known)
  const issues = new Issues()
  const priority = issues.read('priority', options?.priority, whole({ min: 0, max: 2_097_152 }), 0)
  const onHostLoss = issues.read('onHostLoss', options?.onHostLoss, oneOf('fail', 'rerun'), 'fail')
  const lease = issues.read('lease', options?.lease, milliseconds({ min: 1_000 }), 5_000)
  const connectTimeout = issues.read('connectTimeout', options?.connectTimeout, milliseconds({ min: 1 }), 10_000)
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
  const queue = checkQueue(options.queue ?? 'cookietin')
  const connection = readConnection(options.connection)
  const libraries = await loadLibraries()
  const client = await ClusterClient.open({ connection, queue, priority, lease, connectTimeout }, libraries)
  return new EngineDriver(new ClusterEngine(client, onHostLoss))
}
