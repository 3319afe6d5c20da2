import { join, resolve } from 'node:path'
import { isatty } from 'node:tty'
import { Command } from 'commander'
import { noArtifacts } from '../../../cookie/artifacts/artifacts.ts'
import { mostSpares } from '../../../engines/spare-sizes.ts'
import { asError } from '../../../errors.ts'
import { createExecutor, type Execution } from '../../../index.ts'
import type { ContainerTask } from '../../../task/task.ts'
import type { CommandContext } from '../../command-context.ts'
import { addDriverOption, type DriverOption, openDriver } from '../../drivers/drivers.ts'
import { exitCodes } from '../../exit-codes.ts'
import { Interrupts } from '../../interrupts.ts'
import { readCount, readRetries } from '../../options/count.ts'
import { addHistoryOption, type HistoryOption, openHistory } from '../../options/history.ts'
import { addInspectOptions, type InspectOptions, openInspection } from '../../options/inspect.ts'
import { addStatsOption, type StatsOptions, statsForm } from '../../options/stats.ts'
import { readStopTimeout } from '../../options/task.ts'
import { colorsFor } from '../../output/colors.ts'
import { failureJson, resultJson } from '../../output/result-json.ts'
import type { Stdio } from '../../output/stdio.ts'
import { UsageError } from '../../usage-error.ts'
import { readBatch } from './lines.ts'
import { LineOrder } from './order.ts'
import { hasFailed, summary } from './outcomes.ts'
import { liveProgress, plainProgress } from './progress.ts'
import { planBatch, type Succeeded } from './resume.ts'
import { type Outcome, runBatch } from './run.ts'
import { BatchSpares } from './spares.ts'
import { batchStats } from './stats.ts'
import { BatchStreams } from './streams.ts'

/** Bytes of each stream in a result. The library has a lower limit for tasks with writables. */
const defaultMaxOutput = 8 * 1024 * 1024

interface BatchOptions extends StatsOptions, HistoryOption, InspectOptions, DriverOption {
  readonly concurrency?: string
  readonly memory?: string
  readonly maxOutput?: string
  readonly stopSignal?: string
  readonly stopTimeout?: string
  readonly artifacts?: string
  readonly output?: string
  readonly keepOrder?: boolean
  readonly resume?: string
  readonly retries?: string
  readonly spares?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

/** `cookietin batch`. */
export function batchCommand(context: CommandContext): Command {
  const command = new Command('batch')
    .summary('run many containers, a limited number at once')
    .description('Runs one task for each line of JSON in FILE, or in standard input.')
    .usage('[options] [FILE.jsonl]')
    .argument('[file]', 'one JSON task per line; - or none: standard input', '-')
    .option('-c, --concurrency <number>', 'maximum number of tasks that run at once (default: twice the CPUs)')
    .option('-m, --memory <size>', 'maximum sum of the memory limits of running tasks')
    .option('--stop-signal <signal>', 'as of run, for lines without a stopSignal')
    .option('--stop-timeout <duration>', 'as of run, for lines without a stopGrace')
    .option(
      '--retries <number>',
      'run a task again, at most so often, when it failed for a reason that may pass; never for an exit code',
    )
    .option(
      '--spares <number>',
      'start so many containers ahead for each kind of task; short tasks begin at once in them',
    )
    .option('--json', 'print each result as a line of JSON; the summary goes to standard error')
    .option('--max-output <size>', 'maximum size of each output stream in a result (default: 8m)')
    .option('--artifacts <dir>', 'write the artifacts of each task into a folder of its own in DIR')
    .option('--output <dir>', 'write stdout and stderr of each task into a folder of its own in DIR')
    .option('--keep-order', 'with --json, print the results in the order of the tasks')
    .option('--resume <file>', 'skip the tasks that succeeded by the results of an earlier batch --json')
  addDriverOption(command)
    .option('-q, --quiet', 'print no progress and no summary')
    .addHelpText('after', examples)
    .action((file: string, options: BatchOptions) => batch(context, file, options))
  return addInspectOptions(addHistoryOption(addStatsOption(command, 'below the summary'), 'store the runs'))
}

const examples = `
Each line is a task of the library, as JSON. Only image is required:
  {"image":"busybox","command":["echo","hi"]}
  {"id":"sum","image":"python:3-slim","command":["python","-c","print(sum(range(10)))"],"memory":"64m","timeout":5000}

A line may also have what the options of run take: "volumes":["./in:/in:ro"], "cpus":0.5 (CPUs, as --cpus), "timeout":"5s". With "encoding":"buffer", --json has the output as base64.
Lines of the same id run one after the other.

Exit code: 0 if every task succeeded, 1 if one failed, 125 if cookietin or the engine failed, 130 on Ctrl-C.

Examples:
  $ cookietin batch tasks.jsonl --concurrency 4
  $ generate-tasks | cookietin batch --json > results.jsonl
  $ cookietin batch tasks.jsonl --resume results.jsonl --json >> results.jsonl
  $ cookietin batch tasks.jsonl --output logs --keep-order --json`

async function batch({ stdio, exit }: CommandContext, file: string, options: BatchOptions): Promise<void> {
  const concurrency = options.concurrency === undefined ? undefined : readCount('--concurrency', options.concurrency)
  if (concurrency === 0) throw new UsageError('--concurrency: "0" would run nothing; use 1 or more')
  const spares = options.spares === undefined ? 0 : readCount('--spares', options.spares)
  if (spares > mostSpares) throw new UsageError(`--spares: "${options.spares}" is more than ${mostSpares}`)
  if (spares > 0 && options.driver !== 'docker') {
    throw new UsageError(
      `--spares: the ${options.driver} driver starts no containers ahead; leave it out, or use --driver docker`,
    )
  }
  const retry = options.retries === undefined ? undefined : readRetries(options.retries)
  if (options.keepOrder && !options.json)
    throw new UsageError('--keep-order: it needs --json; the summary has an order')
  if (options.output !== undefined && options.artifacts !== undefined) {
    if (resolve(options.output) === resolve(options.artifacts))
      throw new UsageError('--output: the folder is that of --artifacts; use another one')
  }
  const plan = await planBatch(file, options.resume, stdio.hasScreen)
  const streams = new BatchStreams(options.output)
  await streams.prepare()
  await using inspection = await openInspection(options, stdio)
  using interrupts = new Interrupts(stdio)
  const quiet = options.quiet ?? false
  const stopGrace = readStopTimeout(options)
  await using history = await openHistory(options, stdio)
  await using driver = await openDriver(options.driver, {
    stdio,
    quiet,
    inspect: inspection?.inspect,
    signal: interrupts.signal,
  }).catch(async error => {
    if (options.json && !interrupts.signal.aborted) await printUnmade(stdio, file, plan.skipped, error)
    throw error
  })
  const { memory, maxOutput } = options
  // Without --json the output of the tasks is not shown.
  await using executor = createExecutor({
    driver,
    concurrency,
    memory,
    maxOutput: options.json ? (maxOutput ?? defaultMaxOutput) : 0,
    history,
    inspect: inspection?.inspect,
    stopSignal: options.stopSignal,
    stopGrace,
  })
  const hangup = new AbortController()
  interrupts.handler = {
    first(name) {
      // SIGINT and SIGTERM cancel, as everywhere; the others are for the programs, too.
      if (name === 'SIGINT' || name === 'SIGTERM') return false
      for (const execution of executor.executions) {
        execution.cancel(`interrupted by ${name}`, { stopSignal: name, stopGrace: stopGrace ?? signalGrace })
      }
      hangup.abort(new Error(`interrupted by ${name}`))
      return true
    },
    pass(name) {
      for (const execution of executor.executions) {
        if (execution.state === 'running') execution.signal(name).catch(() => {})
      }
    },
    second() {
      const ending = [...executor.executions].filter(({ state }) => state === 'terminating')
      for (const execution of ending) execution.cancel()
      return ending.length > 0
    },
  }

  // Nothing else says what a terminal is expected to type.
  if (file === '-' && isatty(0) && !quiet) {
    stdio.note('cookietin: reads tasks from standard input, one as JSON on each line; Ctrl-D ends them')
  }
  const outcomes: Outcome[] = []
  const stderrColors = colorsFor(stdio.isTerminal.stderr)
  const progress = quiet
    ? undefined
    : stdio.hasScreen
      ? await liveProgress(stdio, stderrColors, plan.total)
      : plainProgress(stdio, stderrColors)
  const stats = batchStats(stdio, options.driver, statsForm(options), options.json ?? false)
  const ahead = spares === 0 ? undefined : new BatchSpares(executor, spares)
  const order = options.keepOrder ? new LineOrder() : undefined
  const watcher = {
    read(line: number) {
      const isRun = !plan.skipped.has(line)
      if (isRun) order?.enter(line)
      return isRun
    },
    taken(line: number, task: ContainerTask) {
      ahead?.see(task)
      return streams.connect(line, task)
    },
    added(line: number, execution: Execution) {
      progress?.added(line, execution)
      stats?.added(execution)
    },
    async ended(given: Outcome) {
      const closed = await streams.close(given)
      const outcome = options.artifacts === undefined ? closed : await withArtifacts(closed, options.artifacts)
      outcomes.push(withoutOutput(outcome))
      await progress?.ended(outcome)
      const print = async () => (options.json ? await stdio.line(outcomeJson(outcome)) : undefined)
      if (order === undefined) await print()
      else await order.inTurn(outcome.line, print)
      await stats?.ended(outcome)
    },
  }
  try {
    await runBatch(readBatch(file), executor, watcher, { signal: interrupts.signal, ending: hangup.signal, retry })
  } finally {
    progress?.stop()
  }
  if (!quiet) {
    // JSON has standard output to itself.
    const onStderr = options.json || statsForm(options) === 'json'
    const lines = summary(outcomes, onStderr ? stderrColors : colorsFor(stdio.isTerminal.stdout), plan.skipped.size)
    for (const line of lines) onStderr ? stdio.note(line) : await stdio.line(line)
  }
  await stats?.finish()
  if (interrupts.exitCode === undefined) inspection?.stay()
  exit(interrupts.exitCode ?? (outcomes.some(hasFailed) ? exitCodes.failed : exitCodes.ok))
}

/** How long the programs may take to end after a SIGHUP or SIGQUIT that was passed on, in ms, as `run` has it. */
const signalGrace = 10_000

/** Writes the artifacts of a task. A task whose artifacts cannot be written has failed. */
async function withArtifacts(outcome: Outcome, folder: string): Promise<Outcome> {
  const { ended } = outcome
  if (ended instanceof Error || ended.artifacts.error !== undefined) return outcome
  if (ended.artifacts.toJSON() === undefined) return outcome
  try {
    await ended.artifacts.extractTo(join(folder, outcome.folder), { overwrite: true })
    return outcome
  } catch (error) {
    return { ...outcome, ended: asError(error) }
  }
}

/** Drops the output and samples of an outcome, which a long batch cannot hold until its summary. */
function withoutOutput(outcome: Outcome): Outcome {
  const { ended } = outcome
  return ended instanceof Error
    ? outcome
    : { ...outcome, ended: { ...ended, stdout: '', stderr: '', stats: [], artifacts: noArtifacts } }
}

/** Without a driver no task can be made. A program that reads the JSON gets a line for each. */
async function printUnmade(stdio: Stdio, file: string, skipped: Succeeded, error: unknown): Promise<void> {
  for await (const { line, task } of readBatch(file)) {
    if (skipped.has(line)) continue
    const id = task instanceof Error ? '' : task.id
    await stdio.line(failureJson(task instanceof Error ? task : error, { line, id }))
  }
}

function outcomeJson({ line, id, ended }: Outcome): string {
  return ended instanceof Error ? failureJson(ended, { line, id }) : resultJson(ended, { line })
}
