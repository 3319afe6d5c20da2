import type { Driver } from '../driver/driver.ts'
import { EngineDriver } from '../driver/engine-driver.ts'
import { Issues } from '../utils/validation/issues.ts'
import { checkKnown } from '../utils/validation/known-options.ts'
import { milliseconds, oneOf, whole } from '../utils/validation/rules.ts'
import { connectRedis } from './redis/connect.ts'
import { type ClusterPlace, readPlace } from './redis/place.ts'
import { ClusterClient } from './remote/cluster-client.ts'
import { ClusterEngine } from './remote/cluster-engine.ts'

/** Options of {@link createClusterDriver}. */
export interface ClusterDriverOptions extends ClusterPlace {
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
   * @default 5,000
   */
  readonly lease?: number | undefined
  /**
   * How long the first connection may take, in ms.
   *
   * @default 10,000
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
  checkKnown(options, known, 'ERR_COOKIETIN_INVALID_CONFIG')
  const issues = new Issues()
  const { connection, queue } = readPlace(issues, options)
  const priority = issues.read('priority', options?.priority, whole({ min: 0, max: 2_097_152 }), 0)
  const onHostLoss = issues.read('onHostLoss', options?.onHostLoss, oneOf('fail', 'rerun'), 'fail')
  const lease = issues.read('lease', options?.lease, milliseconds({ min: 1_000 }), 5_000)
  const connectTimeout = issues.read('connectTimeout', options?.connectTimeout, milliseconds({ min: 1 }), 10_000)
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
  const connected = await connectRedis(connection, connectTimeout)
  const client = await ClusterClient.open({ queue, priority, lease }, connected)
  return new EngineDriver(new ClusterEngine(client, onHostLoss))
}
