import type { ClusterStatus } from '../../cluster/index.ts'
import { columns } from './columns.ts'
import { printable } from './printable.ts'

/** Formats the status of a cluster: its hosts, its queue and its Redis, with what should be changed. */
export function clusterLines({ queue, waiting, active, hosts, redis }: ClusterStatus): string[] {
  const rows = hosts.map(({ host, slots, busy, isDraining }) => [
    printable(host),
    `${busy} of ${slots} slots busy`,
    isDraining ? 'takes no more' : '',
  ])
  const settings = [
    `appendonly ${redis.isPersistent ? 'yes' : 'no'}`,
    `maxmemory-policy ${redis.evictionPolicy ?? 'not told'}`,
  ]
  return [
    ...(rows.length === 0 ? ['No worker takes runs: start `cookietin worker` on a host.'] : columns(rows)),
    `queue ${printable(queue)}: ${waiting} waiting, ${active} taken`,
    printable([`Redis ${redis.version}`, ...settings].join(', ')),
    ...redis.advice.map(advice => `- ${printable(advice)}`),
  ]
}
