import type { ClusterPlace } from '../../cluster/index.ts'
import { UsageError } from '../usage-error.ts'
import type { CliDriver } from './cli-driver.ts'

export const cluster: CliDriver = {
  async open() {
    const place = clusterPlace({})
    const { createClusterDriver } = await import('../../cluster/index.ts')
    return await createClusterDriver(place)
  },
  async removeOrphans() {
    throw new UsageError(
      '--driver cluster: each worker removes what it left when it starts; run `cookietin gc` on its host',
    )
  },
}

/** The options of a command that say which cluster is meant. */
export interface ClusterOptions {
  readonly connection?: string
  readonly queue?: string
}

/** Which cluster is meant: as the options say, else as the environment does. */
export function clusterPlace(options: ClusterOptions): ClusterPlace {
  const place = findClusterPlace(options)
  if (place !== undefined) return place
  throw new UsageError(
    'name the Redis of the cluster, such as redis://queue.internal, by --connection or COOKIETIN_CLUSTER',
  )
}

/** The same, or undefined where neither names one. */
export function findClusterPlace(options: ClusterOptions): ClusterPlace | undefined {
  const { COOKIETIN_CLUSTER = '', COOKIETIN_CLUSTER_QUEUE = '' } = process.env
  const connection = options.connection ?? COOKIETIN_CLUSTER
  return connection === '' ? undefined : { connection, queue: options.queue ?? (COOKIETIN_CLUSTER_QUEUE || undefined) }
}
