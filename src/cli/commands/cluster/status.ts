import { Command } from 'commander'
import type { CommandContext } from '../../command-context.ts'
import { type ClusterOptions, clusterPlace } from '../../drivers/cluster.ts'
import { clusterLines } from '../../output/cluster-lines.ts'
import { printableJson } from '../../output/printable.ts'

interface StatusOptions extends ClusterOptions {
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
  const place = clusterPlace(options)
  const { clusterStatus } = await import('../../../cluster/index.ts')
  const status = await clusterStatus(place)
  for (const line of options.json ? [printableJson(status)] : clusterLines(status)) await stdio.line(line)
}
