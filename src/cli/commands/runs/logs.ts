import { Command } from 'commander'
import type { CommandContext } from '../../command-context.ts'
import { withDocker } from '../../drivers/docker-access.ts'
import { findRun } from '../../drivers/runs/find.ts'
import { listRuns } from '../../drivers/runs/list.ts'
import { followLogs, type LogOptions, type LogSinks, type StreamName } from '../../drivers/runs/logs.ts'
import { lossy, withTimes } from '../../drivers/runs/sinks.ts'
import { exitCodes } from '../../exit-codes.ts'
import { Interrupts } from '../../interrupts.ts'
import { readCount } from '../../options/count.ts'
import { readSince } from '../../options/values.ts'
import { formatMemory } from '../../output/format.ts'
import { printable } from '../../output/printable.ts'
import type { Stdio } from '../../output/stdio.ts'

interface LogsOptions {
  readonly follow?: boolean
  readonly tail?: string
  readonly since?: string
  readonly timestamps?: boolean
  readonly stdout?: boolean
  readonly stderr?: boolean
}

/** `cookietin logs`. */
export function logsCommand(context: CommandContext): Command {
  return new Command('logs')
    .summary('show the output of a run of any cookietin process of this machine')
    .description(
      'Shows the output of a run of any cookietin process of this machine, its two streams apart. By default the engine keeps no output of a run: then what the run writes from now on is shown, until it ends. With COOKIETIN_ALLOW=log-files, where the run is started, the engine keeps it.',
    )
    .argument('<id>', 'the id of the run, or the name or id of its container, or the beginning of one')
    .option('-f, --follow', 'go on until the run has ended; always so where nothing is kept')
    .option('-n, --tail <number|all>', 'only the last lines of what is kept, of both streams together (default: all)')
    .option('--since <time>', 'only what is kept since: 2h, 7d, or 2026-01-31, 2026-01-31T12:00')
    .option('-t, --timestamps', 'write the time before each line')
    .option('--stdout', 'only standard output')
    .option('--stderr', 'only standard error')
    .addHelpText('after', examples)
    .action((id: string, options: LogsOptions) => logs(context, id, options))
}

const examples = `
Exit code: 0, 125 if there is no such run, nothing of it can be shown, or the engine failed; 130 at Ctrl-C. The run is never slowed down, and goes on after Ctrl-C.

Examples:
  $ cookietin logs job
  $ cookietin logs --follow --tail 10 --timestamps job`

/** So many bytes wait for a slow reader. A container waits for all that are attached to it, so more is dropped. */
const mostWaiting = 16 * 2 ** 20

async function logs({ stdio, exit }: CommandContext, id: string, options: LogsOptions): Promise<void> {
  using interrupts = new Interrupts(stdio, { isQuiet: true })
  const { signal } = interrupts
  const wanted = { ...readOptions(options), signal }
  await withDocker(signal, async docker => {
    const run = findRun(id, await listRuns(docker, signal))
    const { sinks, tell } = sinksOf(stdio, wanted, run.id)
    await followLogs(docker, run, wanted, sinks).finally(tell)
  })
  exit(interrupts.exitCode ?? exitCodes.ok)
}

function readOptions({ follow, tail, since, timestamps, stdout, stderr }: LogsOptions): Omit<LogOptions, 'signal'> {
  const streams: readonly StreamName[] = ['stdout', 'stderr']
  const chosen = streams.filter(name => (name === 'stdout' ? stdout : stderr))
  return {
    streams: chosen.length > 0 ? chosen : streams,
    follow: follow ?? false,
    tail: tail === undefined || tail === 'all' ? undefined : readCount('--tail', tail),
    since: since === undefined ? undefined : readSince(since),
    timestamps: timestamps ?? false,
  }
}

/** The sinks, and what tells of output that was dropped and not told yet. */
function sinksOf(stdio: Stdio, { tail, since, timestamps }: LogOptions, id: string) {
  const onLoss = (bytes: number) =>
    stdio.note(`cookietin: ${formatMemory(bytes)} were left out: the reader is slower than the run`)
  const outlet = (name: StreamName) => ({
    get waiting() {
      return stdio[name].writableLength
    },
    write: (bytes: Uint8Array) => stdio.write(name, bytes),
  })
  const dropping = {
    stdout: lossy(outlet('stdout'), mostWaiting, onLoss),
    stderr: lossy(outlet('stderr'), mostWaiting, onLoss),
  }
  const sinks: LogSinks = {
    kept: { stdout: outlet('stdout'), stderr: outlet('stderr') },
    live() {
      const none = tail === undefined && since === undefined ? '' : '; --tail and --since find nothing'
      stdio.note(
        `cookietin: the engine keeps no output of run ${printable(id)}: this is what it writes from now on${none}`,
      )
      if (!timestamps) return dropping
      return { stdout: withTimes(dropping.stdout, Date.now), stderr: withTimes(dropping.stderr, Date.now) }
    },
  }
  const tell = () => {
    dropping.stdout.tell()
    dropping.stderr.tell()
  }
  return { sinks, tell }
}
