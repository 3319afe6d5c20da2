import type { ClusterStatus } from '../../../cluster/index.ts'
import { CookietinError } from '../../../errors.ts'
import { findClusterPlace } from '../../drivers/cluster.ts'
import { clusterLines } from '../../output/cluster-lines.ts'
import { printable } from '../../output/printable.ts'
import { errorJson } from '../../output/result-json.ts'

/** What was found at the cluster that the environment names: its status, or why there is none. */
export type FoundCluster = ClusterStatus | CookietinError

/** Looks at the cluster that the environment names. Undefined where it names none. */
export async function lookAtCluster(): Promise<FoundCluster | undefined> {
  const place = findClusterPlace({})
  if (place === undefined) return undefined
  const { clusterStatus } = await import('../../../cluster/index.ts')
  return await clusterStatus(place).catch((error: unknown) => {
    if (error instanceof CookietinError) return error
    throw error
  })
}

/** A cluster as text. */
export const clusterReport = (found: FoundCluster): string[] => [
  'The cluster that COOKIETIN_CLUSTER names:',
  ...(found instanceof CookietinError ? [`✘  ${printable(found.message)}`] : clusterLines(found)).map(
    line => `  ${line}`,
  ),
]

/** The same for programs. */
export const clusterJson = (found: FoundCluster): object =>
  found instanceof CookietinError ? { error: errorJson(found) } : found
