import { Command } from 'commander'
import type { ClusterStatus } from '../../../cluster/index.ts'
import type { CommandContext } from '../../command-context.ts'
import { clusterConnection } from '../../drivers/cluster.ts'
import { columns } from '../../output/columns.ts'
import { printable, printableJson } from '../../output/printable.ts'

interface StatusOptions {
  readonly connection?: string
  readonly queue?: string
  readonly json?: boolean
}

/** `cookietin cluster`. */
export function clusterCommand(context: CommandContext): Command {
  const status = new Command('status')
    .summary('list the hosts, their slots, the queue and its Redis')
    .description(
      'Lists the hosts of a cluster with their slots, what waits in the queue, and what is amiss with its Redis.',
    )
    .option(
      '--connection <redis>',
      'the Redis of the cluster: a URL, or the path of a socket (default: COOKIETIN_CLUSTER)',
    )
    .option('--queue <name>', 'the queue (default: COOKIETIN_CLUSTER_QUEUE, else cookietin)')
    .option('--json', 'print it as JSON')
    .addHelpText('after', examples)
    .action((options: StatusOptions) => show(context, options))
  return new Command('cluster')
    .summary('look at a cluster')
    .description('Looks at a cluster of workers.')
    .addCommand(status)
    .addHelpText('after', examples)
}

const examples = `
Examples:
  $ cookietin cluster status --connection redis://queue.internal`

async function show({ stdio }: CommandContext, options: StatusOptions): Promise<void> {
  const connection = clusterConnection(options.connection)
  const queue = options.queue ?? (process.env.COOKIETIN_CLUSTER_QUEUE || undefined)
  const { clusterStatus } = await import('../../../cluster/index.ts')
  const status = await clusterStatus({ connection, queue })
  for (const line of options.json ? [printableJson(status)] : linesOf(status)) await stdio.line(line)
}

/** A status as text. */
export function linesOf({ queue, waiting, active, hosts, redis }: ClusterStatus): string[] {
  const rows = hosts.map(({ host, slots, busy, isDraining }) => [
    printable(host),
    `${busy} of ${slots} slots busy`,
    isDraining ? 'takes no more' : '',
  ])
  return [
    ...(rows.length === 0 ? ['No worker takes runs: start `cookietin worker` on a host.'] : columns(rows)),
    `queue ${printable(queue)}: ${waiting} waiting, ${active} taken`,
    `Redis ${printable(redis.version)}`,
    ...redis.advice.map(advice => `- ${printable(advice)}`),
  ]
}
