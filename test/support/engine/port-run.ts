import type { Exit } from '../../../machines/cookie-types.ts'
import type { ContainerStreams, Engine, EngineContainer, OutputSink } from '../../../src/engines/engine.ts'
import { toChunks } from '../../../src/task/input.ts'
import { resolveTask } from '../../../src/task/resolve-task.ts'
import type { ContainerTask, TaskInput } from '../../../src/task/task.ts'
import { CollectingSink } from '../sinks.ts'

/** One container on the port, with its streams and what it told. */
export interface PortRun {
  readonly container: EngineContainer
  readonly stdout: CollectingSink
  readonly stderr: CollectingSink
  /** What the engine told, in order: `'exitSeen'`, or the error that the input broke with. */
  readonly events: (string | Error)[]
  /** Resolves at the next event. */
  nextEvent(): Promise<string | Error>
  prepare(): Promise<void>
  start(): Promise<void>
  /** Prepares, starts and waits. */
  toExit(): Promise<Exit>
}

/** Streams that a test brings itself. */
export interface PortOptions {
  readonly input?: TaskInput | AsyncIterable<Uint8Array>
  readonly stdout?: OutputSink
  readonly stderr?: OutputSink
}

/** Makes a container of a task; nothing is prepared. */
export function portRun(
  engine: Engine,
  task: ContainerTask,
  { input = task.input, ...sinks }: PortOptions = {},
): PortRun {
  const container = engine.container(resolveTask({ ...task, input: input as TaskInput | undefined }))
  const stdout = new CollectingSink()
  const stderr = new CollectingSink()
  const events: (string | Error)[] = []
  let waiting: ((event: string | Error) => void)[] = []
  const tell = (event: string | Error) => {
    events.push(event)
    for (const resolve of waiting) resolve(event)
    waiting = []
  }
  const streams: ContainerStreams = {
    stdin: input === undefined ? undefined : toChunks(input as TaskInput),
    stdout: sinks.stdout ?? stdout,
    stderr: sinks.stderr ?? stderr,
  }
  const run: PortRun = {
    container,
    stdout,
    stderr,
    events,
    nextEvent: () => new Promise(resolve => waiting.push(resolve)),
    prepare: () => container.prepare(new AbortController().signal),
    start: () => container.start(streams, { exitSeen: () => tell('exitSeen'), broken: tell }),
    async toExit() {
      await run.prepare()
      await run.start()
      return container.wait()
    },
  }
  return run
}
