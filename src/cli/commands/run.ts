import { Command } from 'commander'
import { longestDelay } from '../../../machines/clock.ts'
import type { RunResult } from '../../cookie/result.ts'
import type { PullProgress } from '../../engines/pull-progress.ts'
import type { CookieState, Execution } from '../../index.ts'
import type { CommandContext } from '../command-context.ts'
import { addDriverOption, type DriverName, type DriverOption, openDriver, samplingHint } from '../drivers/drivers.ts'
import { errorsIn } from '../errors-in.ts'
import { exitCodeOf, exitCodes } from '../exit-codes.ts'
import { Interrupts } from '../interrupts.ts'
import { copyOut } from '../options/copies.ts'
import { addHistoryOption, type HistoryOption, openHistory } from '../options/history.ts'
import { addInspectOptions, type InspectOptions, openInspection } from '../options/inspect.ts'
import { standardInput } from '../options/standard-input.ts'
import { addStatsOption, type StatsOptions, statsForm } from '../options/stats.ts'
import { addTaskOptions, type TaskOptions, taskOf } from '../options/task.ts'
import { colorsFor } from '../output/colors.ts'
import { printableJson, printableLines } from '../output/printable.ts'
import type { Stdio } from '../output/stdio.ts'
import { UsageError } from '../usage-error.ts'

interface RunOptions extends TaskOptions, StatsOptions, HistoryOption, InspectOptions, DriverOption {
  readonly json?: boolean
  readonly encoding?: string
  readonly quiet?: boolean
  readonly maxOutput?: string
}

/** `cookietin run`. */
export function runCommand(context: CommandContext): Command {
  const command = new Command('run')
    .summary('run one container, with its output and exit code')
    .description('Runs one container, prints its output, and exits with its exit code.')
  addTaskOptions(command, 'the image to run; only a name with --driver process')
    .option('--json', 'print the result as JSON instead of the output')
    .option('--encoding <utf8|base64>', 'how --json writes the output; base64 keeps its bytes (default: utf8)')
    .option('--max-output <size>', 'maximum size of each output stream in --json (default: 8m)')
  addDriverOption(command)
    .option('-q, --quiet', 'print no notes on standard error')
    .addHelpText('after', examples)
    .action((image: string, words: string[], options: RunOptions) => runOrReport(context, image, words, options))
  return addInspectOptions(addHistoryOption(addStatsOption(command, 'on standard error'), 'store the run'))
}

const examples = `
Exit code: that of the container; 124 on timeout, 125 if cookietin or the engine failed. Signals are passed on; 130 if Ctrl-C came before it ran.

Examples:
  $ cookietin run busybox echo hi
  $ cookietin run --memory 64m --cpus 0.5 --timeout 5s python:3-slim python -c 'print(6 * 7)'
  $ tar c . | cookietin run -i busybox wc -c
  $ cookietin run --hardened --json node:22-slim node -e 'console.log(process.version)'`

/** With --json, standard output gets one line of JSON also for a run that could not be made. */
async function runOrReport(context: CommandContext, image: string, words: readonly string[], options: RunOptions) {
  const output = { isPrinted: false }
  try {
    await run(context, image, words, options, output)
  } catch (error) {
    // The removal may fail after the result is printed.
    if (options.json && !output.isPrinted) {
      const { failureJson } = await import('../output/result-json.ts')
      const [first] = errorsIn(error)
      await context.stdio.line(failureJson(first, { id: options.id ?? options.name }))
    }
    throw error
  }
}

async function run(
  { stdio, exit }: CommandContext,
  image: string,
  words: readonly string[],
  options: RunOptions,
  output: { isPrinted: boolean },
) {
  const task = taskOf(image, words, options)
  const encoding = readEncoding(options)
  const input = options.interactive ? standardInput('--interactive') : undefined
  await using inspection = await openInspection(options, stdio)
  using interrupts = new Interrupts(stdio)
  const note = (text: string) => {
    if (!options.quiet) stdio.note(`cookietin: ${printableLines(text)}`)
  }
  await using history = await openHistory(options, stdio)
  await using driver = await openDriver(options.driver, {
    stdio,
    quiet: options.quiet,
    inspect: inspection?.inspect,
    signal: interrupts.signal,
  })
  // Loaded while the engine answers, with the code of the driver.
  const { createExecutor } = await import('../../executor/queue-executor.ts')
  const maxOutput = options.json ? options.maxOutput : 0
  await using executor = createExecutor({ driver, concurrency: 1, maxOutput, history, inspect: inspection?.inspect })
  const execution = executor.run(
    {
      ...task,
      input,
      encoding,
      ...(options.json ? {} : { stdout: stdio.stdout, stderr: stdio.stderr }),
    },
    { signal: interrupts.signal },
  )
  const forwarding = forward(interrupts, execution, task.stopGrace)
  const form = statsForm(options)
  // Subscribed from the start, so that a short run has samples, too.
  if (form !== undefined) execution.stats$.subscribe()
  const silent = options.quiet || options.json
  const watched = silent ? undefined : noteOfPull(execution, stdio)
  const [result] = await Promise.all([execution, watched])
  if (options.json) {
    const { resultJson } = await import('../output/result-json.ts')
    output.isPrinted = true
    await stdio.line(resultJson(result))
  } else if (interrupts.exitCode === undefined && hasMessage(result)) note(result.error?.message ?? '')
  // Nothing of it is kept in the result: it is truncated if there was any.
  if (result.stderrError !== undefined && result.stderrTruncated) stdio.expectStderr()
  const problems = result.artifacts.error === undefined ? await copyOut(result.artifacts, options.copyOut ?? []) : []
  for (const problem of problems) note(problem)
  if (form !== undefined) await noteStats(stdio, result, form, options.driver)
  if (interrupts.exitCode === undefined) inspection?.stay()
  const code = exitCodeOf(result)
  const own = code === exitCodes.ok && problems.length > 0 ? exitCodes.unable : code
  exit(forwarding.hasBegun ? own : (interrupts.exitCode ?? own))
}

/** Shows the pull of the image, if there is one. */
async function noteOfPull(execution: Execution, stdio: Stdio): Promise<void> {
  const first = await new Promise<PullProgress | undefined>(resolve => {
    execution.pull$.subscribe({ next: resolve, complete: () => resolve(undefined) })
  })
  if (first === undefined) return
  const { watchPull } = await import('../output/pull-watch.ts')
  await watchPull(execution, first, stdio, colorsFor(stdio.isTerminal.stderr))
}

/** How long a program may take to end after a signal that was passed on, in ms, as `docker stop` does. */
const signalGrace = 10_000

const running: ReadonlySet<CookieState> = new Set(['starting', 'running', 'terminating'])

/** Passes signals on to the container, as `docker run` does, and waits for it, but not without limit. A second signal kills it. */
function forward(
  interrupts: Interrupts,
  execution: Execution,
  stopGrace = signalGrace,
): { readonly hasBegun: boolean } {
  const forwarding = { hasBegun: false }
  const force = () => execution.cancel('interrupted', { stopGrace: 0 })
  interrupts.handler = {
    first(name) {
      if (!running.has(execution.state)) return false
      forwarding.hasBegun = true
      const timer = setTimeout(force, Math.min(stopGrace, longestDelay)).unref()
      const stop = () => clearTimeout(timer)
      execution.then(stop, stop)
      execution.signal(name).catch(force)
      return true
    },
    second() {
      if (!running.has(execution.state)) return false
      force()
      return true
    },
    pass(name) {
      // It may be ending, or not run yet.
      if (execution.state === 'running') execution.signal(name).catch(() => {})
    },
  }
  return forwarding
}

function readEncoding({ encoding, json }: RunOptions): 'utf8' | 'buffer' {
  if (encoding !== undefined && !json)
    throw new UsageError('--encoding: it needs --json; the output is printed as it is')
  if (encoding === undefined || encoding === 'utf8') return 'utf8'
  if (encoding === 'base64') return 'buffer'
  throw new UsageError(`--encoding: "${encoding}" is not one of utf8, base64`)
}

async function noteStats(
  stdio: Stdio,
  { id, stats }: RunResult,
  form: 'plot' | 'json',
  driver: DriverName,
): Promise<void> {
  const { plotStats, plotWidth } = await import('../output/stats-plot.ts')
  const { statsJson } = await import('../output/result-json.ts')
  const colors = colorsFor(stdio.isTerminal.stderr)
  const style = { width: plotWidth(stdio.columns.stderr), height: 9, colors, hint: await samplingHint(driver) }
  const lines = form === 'json' ? [printableJson({ id, stats: statsJson(stats) })] : await plotStats(stats, style)
  stdio.expectStderr()
  for (const line of lines) stdio.note(line)
}

/** True if the result needs a message. An exit code is passed on and needs none. */
const hasMessage = ({ error }: RunResult) => error !== undefined && error.code !== 'ERR_COOKIETIN_EXIT_NONZERO'
