import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { CookietinError } from '../../../errors.ts'
import type { HotFunction } from '../../../functions/function.ts'
import { isHeaderName, strayCharacter } from '../../../functions/http/headers.ts'
import { createDockerDriver, createExecutor, type TaskInput } from '../../../index.ts'
import { type CommandContext, collect } from '../../command-context.ts'
import { exitCodes } from '../../exit-codes.ts'
import { unlessInterrupted } from '../../interruption.ts'
import { Interrupts } from '../../interrupts.ts'
import { readCount } from '../../options/count.ts'
import { addHistoryOption, type HistoryOption, openHistory } from '../../options/history.ts'
import { addInspectOptions, type InspectOptions, openInspection } from '../../options/inspect.ts'
import { standardInput } from '../../options/standard-input.ts'
import { addImageAndLateCommand, addTaskFlags, checkLateCommand, type TaskOptions, taskOf } from '../../options/task.ts'
import { readDuration } from '../../options/values.ts'
import { printable, printableLines } from '../../output/printable.ts'
import { PrintableLines } from '../../output/printable-lines.ts'
import type { Stdio } from '../../output/stdio.ts'
import { UsageError } from '../../usage-error.ts'
import { LatencySummary } from './latency.ts'

/** The options of `run` that `invoke` has, too. */
const sharedFlags = [
  'env',
  'envFile',
  'volume',
  'workdir',
  'user',
  'memory',
  'cpus',
  'network',
  'hardened',
  'pull',
  'stopSignal',
  'stopTimeout',
] as const

interface InvokeOptions extends Pick<TaskOptions, (typeof sharedFlags)[number]>, InspectOptions, HistoryOption {
  readonly data?: string
  readonly header?: readonly string[]
  readonly repeat: string
  readonly concurrency: string
  readonly include?: boolean
  readonly timeout?: string
  readonly launchTimeout?: string
  readonly quiet?: boolean
}

/** `cookietin invoke`. */
export function invokeCommand(context: CommandContext): Command {
  const command = new Command('invoke')
    .summary('call a hot function, once or many times')
    .description(
      "Starts a container of a function, calls it, and prints its response. A function is built on Fn's kit, or answers POST /call on the socket FN_LISTENER.",
    )
  addImageAndLateCommand(command, 'the image of the function')
    .option('-d, --data <text|@file|->', 'the body: this text, a file, or standard input (default: empty)')
    .option('-H, --header <name:value>', 'send a header (repeatable)', collect)
    .option('-n, --repeat <number>', 'call it this many times, and print the latencies instead of the responses', '1')
    .option('-c, --concurrency <number>', 'number of simultaneous calls, each in its own container', '1')
  addTaskFlags(command, sharedFlags)
    .option('--timeout <duration>', 'timeout of a call, such as 500ms, 5s, 2m; exit code 124 (default: 30s)')
    .option('--launch-timeout <duration>', 'how long the container may take to listen; exit code 124 (default: 5s)')
    .option('-i, --include', "print the response's status and headers first")
    .option('-q, --quiet', "do not print the function's log")
    .addHelpText('after', examples)
    .action((image: string, words: string[], options: InvokeOptions) => {
      checkLateCommand(words, process.argv)
      return invoke(context, image, words, options)
    })
  return addInspectOptions(addHistoryOption(command, 'store the calls'))
}

const examples = `
Exit code: 0 for a status below 400, 1 for any other or if the function failed, 124 on timeout, 125 if cookietin or the engine failed.

Options may follow IMAGE. The command of the container, if it is not that of the image, follows --.

Examples:
  $ cookietin invoke my/function --data '{"name":"Ada"}'
  $ cookietin invoke my/function --data @body.json --header 'Content-Type: application/json' --include
  $ cookietin invoke my/function --repeat 1000 --concurrency 8
  $ cookietin invoke my/function --launch-timeout 30s -- java -jar function.jar`

async function invoke(context: CommandContext, image: string, words: readonly string[], options: InvokeOptions) {
  const { stdio, exit } = context
  const [repeat, concurrency] = [readCount('--repeat', options.repeat), readCount('--concurrency', options.concurrency)]
  if (repeat < 1 || concurrency < 1) throw new UsageError('--repeat and --concurrency: use 1 or more')
  const { timeout, id: _, ...task } = taskOf(image, words, options)
  const launchTimeout =
    options.launchTimeout === undefined ? undefined : readDuration('--launch-timeout', options.launchTimeout)
  const headers = readHeaders(options.header ?? [])
  const data = options.data ?? ''
  if (repeat > 1 && data === '-')
    throw new UsageError('--data -: standard input can be read only once; use @file with --repeat')
  await using inspection = await openInspection(options, stdio)
  using interrupts = new Interrupts(stdio)
  const { signal } = interrupts
  await using history = await openHistory(options, stdio)
  await using driver = await unlessInterrupted(createDockerDriver({}, { inspect: inspection?.inspect }), signal)
  await using executor = createExecutor({ driver, concurrency, history, inspect: inspection?.inspect })
  // The log of the function, not of a call: it includes the output before it listens.
  await using log = openLog(stdio)
  await using fn = executor.function({
    ...task,
    ...(options.quiet ? {} : log.sinks),
    timeout,
    launchTimeout,
    maxContainers: concurrency,
  })
  const call = () => fn.invoke({ body: bodyOf(data), headers, signal })
  try {
    const good =
      repeat === 1
        ? await once(stdio, call, options.include ?? false)
        : await many(stdio, fn, call, repeat, concurrency)
    if (interrupts.exitCode === undefined) inspection?.stay()
    exit(interrupts.exitCode ?? (good ? exitCodes.ok : exitCodes.failed))
  } catch (error) {
    if (interrupts.exitCode === undefined) exit(report(stdio, error))
    else exit(interrupts.exitCode)
  }
}

/** Prints a function's log, harmless to a terminal. Dispose of it after the function: its last line may have no end. */
function openLog(stdio: Stdio) {
  const sinks = {
    stdout: new PrintableLines(line => stdio.note(line)),
    stderr: new PrintableLines(line => stdio.note(line)),
  }
  return {
    sinks,
    async [Symbol.asyncDispose]() {
      for (const sink of Object.values(sinks)) sink.flush()
    },
  }
}

async function once(stdio: Stdio, call: () => Promise<Response>, include: boolean): Promise<boolean> {
  const response = await call()
  if (include) {
    const lines = [`HTTP ${response.status}`, ...[...response.headers].map(([name, value]) => `${name}: ${value}`), '']
    for (const line of lines) await stdio.line(printable(line))
  }
  if (response.body !== null) await pipeline(response.body, stdio.stdout, { end: false })
  return response.ok || response.status < 400
}

async function many(
  stdio: Stdio,
  fn: HotFunction,
  call: () => Promise<Response>,
  repeat: number,
  concurrency: number,
): Promise<boolean> {
  const latencies = new LatencySummary()
  let left = repeat
  const callRepeatedly = async () => {
    while (left > 0) {
      left -= 1
      const since = performance.now()
      try {
        const response = await call()
        await response.arrayBuffer()
        latencies.add(performance.now() - since, response.status < 400 ? undefined : `status ${response.status}`)
      } catch (error) {
        if (!(error instanceof CookietinError) || error.code === 'ERR_COOKIETIN_CANCELLED') throw error
        latencies.add(performance.now() - since, error.code)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, repeat) }, callRepeatedly))
  for (const line of latencies.lines(fn.size)) await stdio.line(line)
  return latencies.failed === 0
}

function bodyOf(data: string): TaskInput | undefined {
  if (data === '') return undefined
  if (data === '-') return standardInput('--data')
  return data.startsWith('@') ? createReadStream(data.slice(1)) : data
}

function readHeaders(given: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = {}
  for (const text of given) {
    const [, name = '', value = ''] = /^([^:]*):\s*(.*)$/s.exec(text) ?? []
    if (!isHeaderName(name)) throw new UsageError('--header: write NAME: VALUE; a name has letters, digits and "-"')
    const stray = strayCharacter(value)
    if (stray !== undefined)
      throw new UsageError(
        `--header: the value of ${name} has ${stray}; use characters up to U+00FF, without control characters`,
      )
    headers[name] = [...(headers[name] ?? []), value]
  }
  return headers
}

function report(stdio: Stdio, error: unknown): number {
  if (!(error instanceof CookietinError)) throw error
  stdio.note(`cookietin: ${printableLines(error.message)} (${error.code})`)
  if (error.code === 'ERR_COOKIETIN_CALL_TIMEOUT' || error.code === 'ERR_COOKIETIN_LISTEN_TIMEOUT')
    return exitCodes.timeout
  const isFunctions = error.code.includes('_FUNCTION_') || error.code.includes('_RESPONSE_')
  return isFunctions ? exitCodes.failed : exitCodes.unable
}
