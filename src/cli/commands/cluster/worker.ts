import { Command } from 'commander'
import { createDockerDriver } from '../../../driver/create-driver.ts'
import type { CommandContext } from '../../command-context.ts'
import { type ClusterOptions, clusterPlace } from '../../drivers/cluster.ts'
import { addDriverOption, type DriverOption, openDriver } from '../../drivers/drivers.ts'
import { unlessInterrupted } from '../../interruption.ts'
import { Interrupts } from '../../interrupts.ts'
import { readCount } from '../../options/count.ts'
import { loadMetrics } from '../../options/metrics.ts'
import { printable } from '../../output/printable.ts'
import { UsageError } from '../../usage-error.ts'
import { readMetricsAddress, serveMetrics } from './metrics-server.ts'

interface WorkerOptions extends DriverOption, ClusterOptions {
  readonly slots?: string
  readonly functions?: string
  readonly host?: string
  readonly allowMounts?: boolean
  readonly metrics?: string
}

/** `cookietin worker`. */
export function workerCommand(context: CommandContext): Command {
  const command = new Command('worker')
    .summary('run the tasks of a cluster on this host')
    .description(
      'Takes runs from the queue of a cluster, and runs them on the engine of this host, until it is told to stop.',
    )
    .option(
      '--connection <redis>',
      'the Redis of the cluster: a URL, or the path of a socket (default: COOKIETIN_CLUSTER)',
    )
    .option('--queue <name>', 'the queue to take runs from (default: COOKIETIN_CLUSTER_QUEUE, else cookietin)')
    .option('--slots <number>', 'how many runs it has at once (default: 4)')
    .option(
      '--functions <number>',
      'how many containers of hot functions it has besides; 0: none (default: as --slots)',
    )
    .option('--host <name>', "the name of this host (default: the host's own)")
    .option(
      '--allow-mounts',
      'run tasks that mount paths of this host; who can write the queue can then read its files',
    )
    .option('--metrics <[address:]port>', 'answer GET /metrics there in the format of Prometheus (needs prom-client)')
  return addDriverOption(command)
    .addHelpText('after', examples)
    .action((options: WorkerOptions) => work(context, options))
}

const examples = `
SIGTERM or Ctrl-C stops the worker: it takes no more runs, and ends when those that it has are over. A second one ends them.

Examples:
  $ cookietin worker --connection redis://queue.internal --slots 8
  $ cookietin cluster status --connection redis://queue.internal`

async function work({ stdio, exit }: CommandContext, options: WorkerOptions): Promise<void> {
  if (options.driver === 'cluster') throw new UsageError('--driver: a worker runs what it takes on its own host')
  const place = clusterPlace(options)
  const slots = options.slots === undefined ? undefined : readCount('--slots', options.slots)
  const functions = options.functions === undefined ? undefined : readCount('--functions', options.functions)
  const address = options.metrics === undefined ? undefined : readMetricsAddress(options.metrics)
  using interrupts = new Interrupts(stdio)
  const { startWorker } = await import('../../../cluster/index.ts')
  await using driver =
    options.driver === 'docker'
      ? await unlessInterrupted(createDockerDriver(), interrupts.signal)
      : await openDriver(options.driver, { stdio, signal: interrupts.signal })
  await using worker = await startWorker({
    ...{ ...place, driver, slots, functions, host: options.host },
    ...(options.allowMounts === true && { policy: () => undefined }),
  })
  using metrics = address && (await loadMetrics(module => module.openWorkerPrometheus(driver, worker.status$)))
  await using server = address && metrics && (await serveMetrics(metrics, address))
  if (server !== undefined) stdio.note(`cookietin: metrics at ${server.url}`)
  let last = ''
  worker.status$.subscribe(({ host, slots, busy, isDraining }) => {
    last = `${printable(host)}: ${busy} of ${slots} slots busy${isDraining ? ', taking no more' : ''}`
  })
  stdio.note(`cookietin: takes runs; ${last}`)
  interrupts.handler = {
    second() {
      void worker.close({ force: true })
      return true
    },
  }
  if (!interrupts.signal.aborted) await new Promise(resolve => interrupts.signal.addEventListener('abort', resolve))
  stdio.note(`cookietin: stopping; ${last}`)
  await worker.close()
  exit(0)
}
