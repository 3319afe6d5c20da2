import type { Exit } from '../../../machines/types/cookie.ts'
import { toChunks } from '../../task/input.ts'
import { resolveTask } from '../../task/resolve-task.ts'
import type { ContainerTask, TaskInput } from '../../task/task.ts'
import type { ContainerStreams, Engine, EngineContainer, OutputSink } from '../engine.ts'
import { CollectingSink } from './sinks.ts'

/** One container on the port, with its streams and its events. */
export interface PortRun {
  readonly container: EngineContainer
  readonly stdout: CollectingSink
  readonly stderr: CollectingSink
  /** The engine's events in order: `'exitSeen'`, or the error of a broken input. */
  readonly events: readonly (string | Error)[]
  /** Resolves at the next event. */
  nextEvent(): Promise<string | Error>
  prepare(): Promise<void>
  start(): Promise<void>
  /** Prepares, starts and waits. */
  toExit(): Promise<Exit>
}

/** Streams of the test's own. */
export interface PortOptions {
  readonly input?: ContainerTask['input'] | AsyncIterable<Uint8Array>
  readonly stdout?: OutputSink
  readonly stderr?: OutputSink
}

/** Makes a container of a task. Nothing is prepared. */
export function portRun(
  engine: Engine,
  task: ContainerTask,
  { input = task.input, ...sinks }: PortOptions = {},
): PortRun {
  const container = engine.container(resolveTask({ ...task, input: input as TaskInput | undefined }))
  const stdout = new CollectingSink()
  const stderr = new CollectingSink()
  const events: (string | Error)[] = []
  const waiting: ((event: string | Error) => void)[] = []
  const record = (event: string | Error) => {
    events.push(event)
    for (const resolve of waiting.splice(0)) resolve(event)
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
    start: () => container.start(streams, { exitSeen: () => record('exitSeen'), broken: record }),
    async toExit() {
      await run.prepare()
      await run.start()
      return container.wait()
    },
  }
  return run
}
