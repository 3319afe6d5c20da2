import { once } from 'node:events'
import { Command } from 'commander'
import { createDockerDriver, createExecutor } from '../../../index.ts'
import { type CommandContext, collect } from '../../command-context.ts'
import { unlessInterrupted } from '../../interruption.ts'
import { Interrupts } from '../../interrupts.ts'
import { readCount } from '../../options/count.ts'
import { addHistoryOption, type HistoryOption, openHistory } from '../../options/history.ts'
import { addInspectOptions, type InspectOptions, openInspection } from '../../options/inspect.ts'
import { loadMetrics } from '../../options/metrics.ts'
import { readStopTimeout } from '../../options/task.ts'
import { printable } from '../../output/printable.ts'
import { UsageError } from '../../usage-error.ts'
import { makeFunctions, readFunctions } from './functions-file.ts'
import { createFunctionServer } from './http.ts'
import { hostOf, listening } from './listening.ts'
import { NamedLines } from './named-lines.ts'

interface ServeOptions extends InspectOptions, HistoryOption {
  readonly port: string
  readonly host: string
  readonly allowedHost?: readonly string[]
  readonly allowedOrigin?: readonly string[]
  readonly metrics?: boolean
  readonly stopSignal?: string
  readonly stopTimeout?: string
}

/** `cookietin serve`. */
export function serveCommand(context: CommandContext): Command {
  const command = new Command('serve')
    .summary('serve the functions of a file over HTTP')
    .description(
      'Serves functions over HTTP. A request to /invoke/NAME, or below it, calls a function, with any method; GET /healthz reports whether the server takes calls.',
    )
    .usage('[options] FILE.json')
    .argument('<file>', 'the functions, and their common limits')
    .option('-p, --port <number>', 'the port; 0 takes a free one', '8080')
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--allowed-host <name>', 'a name that leads here, besides localhost and addresses (repeatable)', collect)
    .option('--allowed-origin <origin>', 'an origin whose pages may call functions (repeatable)', collect)
    .option('--metrics', 'answer GET /metrics in the format of Prometheus (needs the package prom-client)')
    .option('--stop-signal <signal>', 'as of run, for functions without a stopSignal')
    .option('--stop-timeout <duration>', 'as of run, for functions without a stopGrace')
    .addHelpText('after', examples)
    .action((file: string, options: ServeOptions) => run(context, file, options))
  return addInspectOptions(addHistoryOption(command, 'store the calls'))
}

const examples = `
The file lists functions with the options of the library, and their common limits:
  {
    "concurrency": 8,
    "memory": "1g",
    "functions": {
      "greet": { "image": "my/greet", "memory": "128m", "timeout": 5000 },
      "thumb": { "image": "my/thumb", "idleTimeout": 60000, "maxContainers": 2 }
    }
  }

The output of the functions goes to standard error. The function's name precedes each line.

A function gets the client's headers as Fn's gateway passes them: each as Fn-Http-H-NAME, but for Content-Type. Pages of other origins are answered with 403.

SIGTERM or Ctrl-C stops the server: it rejects new calls, answers the calls that it has, and removes its containers. A second one exits at once.

Examples:
  $ cookietin serve functions.json --port 8080
  $ curl -d '{"name":"Ada"}' http://127.0.0.1:8080/invoke/greet`

async function run({ stdio, exit }: CommandContext, file: string, options: ServeOptions): Promise<void> {
  const port = readCount('--port', options.port)
  if (port > 65_535) throw new UsageError(`--port: "${options.port}" is not a port`)
  const { functions, ...limits } = await readFunctions(file)
  const metrics = options.metrics ? await loadMetrics(({ openPrometheus }) => openPrometheus()) : undefined
  await using inspection = await openInspection(options, stdio)
  using interrupts = new Interrupts(stdio)
  await using history = await openHistory(options, stdio)
  await using driver = await unlessInterrupted(
    createDockerDriver({}, { inspect: inspection?.inspect }),
    interrupts.signal,
  )
  await using executor = createExecutor({
    driver,
    ...limits,
    telemetry: metrics,
    history,
    inspect: inspection?.inspect,
    stopSignal: options.stopSignal,
    stopGrace: readStopTimeout(options),
  })
  const width = Math.max(...Object.keys(functions).map(name => name.length))
  const logs: NamedLines[] = []
  const log = (name: string) => {
    const lines = new NamedLines(name.padEnd(width), line => stdio.note(line))
    logs.push(lines)
    return lines
  }
  const made = makeFunctions(file, functions, (name, spec) =>
    executor.function({ ...spec, name, stdout: log(name), stderr: log(name) }),
  )
  const server = createFunctionServer(made, {
    stopping: interrupts.signal,
    metrics,
    hosts: [options.host, ...(options.allowedHost ?? [])].map(name => name.toLowerCase()),
    origins: options.allowedOrigin ?? [],
    onBroken: (name, { message }) => stdio.note(`cookietin: ${name}: a response broke: ${printable(message)}`),
  })
  server.listen(port, options.host)
  const boundPort = await listening(server, options)
  stdio.note(`cookietin: ${made.size} functions at http://${hostOf(options.host)}:${boundPort}/invoke/NAME`)
  if (!interrupts.signal.aborted) await once(interrupts.signal, 'abort')
  stdio.note('cookietin: stopping: rejects new calls and answers the calls that it has')
  // Closing the server waits for the calls that it has.
  await new Promise<void>(resolve => server.close(() => resolve()))
  for (const lines of logs) lines.flush()
  exit(0)
}
