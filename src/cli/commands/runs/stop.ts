import { Command } from 'commander'
import { longestDelay } from '../../../../machines/clock.ts'
import { messageOf } from '../../../errors.ts'
import { signalName, unixSignal } from '../../../utils/unix-signals.ts'
import { type CommandContext, collect } from '../../command-context.ts'
import { type DockerAccess, withDocker } from '../../drivers/docker-access.ts'
import { findRuns, withLabels } from '../../drivers/runs/find.ts'
import { inParallel } from '../../drivers/runs/in-parallel.ts'
import { type FoundRun, listRuns } from '../../drivers/runs/list.ts'
import { type StopOptions, stopRun } from '../../drivers/runs/stop.ts'
import { exitCodes } from '../../exit-codes.ts'
import { Interrupts } from '../../interrupts.ts'
import { readDuration, readLabelFilter } from '../../options/values.ts'
import { formatDuration } from '../../output/format.ts'
import { printable, printableJson } from '../../output/printable.ts'
import { errorJson } from '../../output/result-json.ts'
import { UsageError } from '../../usage-error.ts'

interface StopCommandOptions {
  readonly all?: boolean
  readonly label?: readonly string[]
  readonly signal?: string
  readonly timeout?: string
  readonly json?: boolean
}

/** `cookietin stop`. */
export function stopCommand(context: CommandContext): Command {
  return new Command('stop')
    .summary('stop runs of any cookietin process of this machine')
    .description(
      'Stops runs of any cookietin process of this machine through the engine: by the signal that their image names, else SIGTERM, and a kill when the time is up. A frozen run is thawed first.',
    )
    .usage('[options] ID... | --all | --label NAME=VALUE')
    .argument('[id...]', 'the ids of runs, or the names or ids of their containers, or the beginning of one')
    .option('--all', 'every run of this machine')
    .option('-l, --label <name=value>', 'every run with this label (repeatable: with all of them)', collect)
    .option(
      '-s, --signal <signal>',
      "what asks a run to end (default: its own stop signal, else its image's, else SIGTERM)",
    )
    .option(
      '-t, --timeout <duration>',
      'how long a run may take to end before it is killed; 0 kills it at once (default: 10s)',
    )
    .option('--json', 'print each of them as a line of JSON')
    .addHelpText('after', examples)
    .action((ids: string[], options: StopCommandOptions) => stop(context, ids, options))
}

const examples = `
Exit code: 0 if all of them have ended, 1 if one has not, 125 if an id is not that of one run or no engine answers: then none is stopped.
The process that made a run sees it end as killed from outside; with retries, it runs it again.

Examples:
  $ cookietin stop job
  $ cookietin stop --label ci=42 --signal SIGINT --timeout 30s`

/** How long a run may take to end, in ms, as with docker stop. */
const defaultTimeout = 10_000
/** So many runs are stopped at once. */
const stopsAtOnce = 32

async function stop(context: CommandContext, ids: readonly string[], options: StopCommandOptions): Promise<void> {
  const { stdio, exit } = context
  const { signal, timeout, labels } = readOptions(ids, options)
  using interrupts = new Interrupts(stdio)
  const aborted = interrupts.signal
  const isStopped = await withDocker(aborted, async docker => {
    const listed = await listRuns(docker, aborted)
    const runs = ids.length > 0 ? findRuns(ids, listed) : withLabels(listed, labels).filter(run => !hasEnded(run))
    if (runs.length === 0) stdio.note('no runs')
    const report = reporter(context, options.json ?? false, signal === 'SIGKILL' ? 0 : timeout)
    return await inParallel(runs, stopsAtOnce, run => stopOne(docker, run, { signal, timeout, aborted }, report))
  })
  exit(interrupts.exitCode ?? (isStopped.every(Boolean) ? exitCodes.ok : exitCodes.failed))
}

/** `cookietin gc` removes what has ended and is still there. */
const hasEnded = ({ state }: FoundRun) => ['exited', 'dead', 'removing'].includes(state)

type Report = (run: FoundRun, outcome: string, error?: unknown) => Promise<void>

/** Resolves with false for a run that has not ended. */
async function stopOne(docker: DockerAccess, run: FoundRun, options: StopOptions, report: Report): Promise<boolean> {
  try {
    const outcome = await stopRun(docker, run, options)
    await report(run, outcome)
    return outcome !== 'interrupted'
  } catch (error) {
    await report(run, 'left', error)
    return false
  }
}

function reporter({ stdio }: CommandContext, isJson: boolean, timeout: number): Report {
  const words: Readonly<Record<string, string>> = {
    ended: 'ended',
    killed: timeout === 0 ? 'killed' : `killed after ${formatDuration(timeout)}`,
    over: 'had ended before',
    interrupted: 'left: interrupted',
  }
  return async ({ id, container }, outcome, error) => {
    if (error !== undefined) stdio.note(`cookietin: ${printable(id)}: ${printable(messageOf(error))}`)
    if (isJson) await stdio.line(printableJson({ id, container, outcome, error: errorJson(error) }))
    else if (error === undefined) await stdio.line(`${printable(id)}  ${words[outcome] ?? outcome}`)
  }
}

function readOptions(ids: readonly string[], { all, label, signal, timeout }: StopCommandOptions) {
  const ways = [ids.length > 0, all, label !== undefined].filter(Boolean).length
  if (ways !== 1) throw new UsageError('stop: give ids, or --all, or --label; `cookietin ps` lists the runs')
  const name = signal === undefined ? undefined : signalName(signal)
  if (signal !== undefined && name === undefined)
    throw new UsageError(`--signal: "${signal}" is not ${unixSignal.allowed}`)
  const given = timeout === undefined ? defaultTimeout : readDuration('--timeout', timeout)
  return { signal: name, timeout: Math.min(given, longestDelay), labels: readLabelFilter(label ?? []) }
}
