import { UsageError } from '../usage-error.ts'
import type { CliDriver } from './cli-driver.ts'

export const cluster: CliDriver = {
  async open() {
    const connection = clusterConnection(undefined)
    const { createClusterDriver } = await import('../../cluster/index.ts')
    return await createClusterDriver({ connection, queue: process.env.COOKIETIN_CLUSTER_QUEUE || undefined })
  },
  async removeOrphans() {
    throw new UsageError(
      '--driver cluster: each worker removes what it left when it starts; run `cookietin gc` on its host',
    )
  },
}

/** Where the Redis of a cluster is: as the option says, else as the environment does. */
export function clusterConnection(given: string | undefined): string {
  const connection = given ?? process.env.COOKIETIN_CLUSTER ?? ''
  if (connection !== '') return connection
  throw new UsageError(
    'name the Redis of the cluster, such as redis://queue.internal, by --connection or COOKIETIN_CLUSTER',
  )
}
