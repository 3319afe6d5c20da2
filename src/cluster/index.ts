/**
 * What `cookietin/cluster` exports: a driver whose containers are on other hosts, and the worker of each host.
 *
 * @module cookietin/cluster
 */
export { type ClusterDriverOptions, createClusterDriver } from './cluster-driver.ts'
export type { ClusterConnection, ClusterPlace } from './redis/place.ts'
export {
  type ClusterStatus,
  clusterStatus,
  type HostStatus,
  type RedisFacts,
} from './status.ts'
export type { WorkerPolicy } from './worker/policy.ts'
export { type ClusterWorker, startWorker, type WorkerOptions, type WorkerStatus } from './worker/start-worker.ts'
