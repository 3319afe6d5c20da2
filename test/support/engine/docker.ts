import type { Exit } from '../../../machines/types/cookie.ts'
import { resolveDockerConfig } from '../../../src/engines/docker/config/config.ts'
import type { DockerConfig } from '../../../src/engines/docker/config/docker-config.ts'
import { createDockerEngine, type DockerEngine } from '../../../src/engines/docker/engine.ts'
import type { ContainerStreams, EngineContainer, OutputSink } from '../../../src/engines/engine.ts'
import { toChunks } from '../../../src/task/input.ts'
import { resolveTask } from '../../../src/task/resolve-task.ts'
import type { ContainerTask } from '../../../src/task/task.ts'
import { ensureTestImage, testImage } from '../images/images.ts'
import { containersWith } from './request.ts'

/** An engine of the tests. Its disposal fails if it has left a container. */
export interface TestEngine extends AsyncDisposable {
  readonly engine: DockerEngine
  /** Makes a container of the test image, without a network unless the task has one. */
  container(task?: Partial<ContainerTask>): EngineContainer
  /** The names of its containers on the real engine, in any state. */
  leftovers(): Promise<string[]>
}

/** Connects to the engine of the tests, or to `config.docker`. */
export async function testEngine(config: DockerConfig = {}): Promise<TestEngine> {
  await ensureTestImage()
  const engine = await createDockerEngine(resolveDockerConfig(config, process.env))
  const leftovers = () => containersWith(`cookietin.instance=${engine.instance}`)
  return {
    engine,
    container: task => engine.container(resolveTask({ image: testImage, disableNet: true, pull: 'never', ...task })),
    leftovers,
    async [Symbol.asyncDispose]() {
      await engine.close()
      const left = await leftovers()
      if (left.length > 0) throw new Error(`left on the engine: ${left.join(', ')}`)
    },
  }
}

/** A sink that collects its input. */
export interface Collector extends OutputSink {
  bytes(): Buffer
  text(): string
}

/** Creates a collecting sink. */
export function collector(): Collector {
  const chunks: Uint8Array[] = []
  const bytes = () => Buffer.concat(chunks)
  return {
    write(chunk) {
      chunks.push(chunk)
      return undefined
    },
    bytes,
    text: () => bytes().toString(),
  }
}

/** The outcome of one run of a container. */
export interface Life {
  readonly exit: Exit
  readonly stdout: string
  readonly stderr: string
}

/** Collecting streams, with the input of a task. */
export function streamsOf(input?: ContainerTask['input']): ContainerStreams & { stdout: Collector; stderr: Collector } {
  return { stdin: input === undefined ? undefined : toChunks(input), stdout: collector(), stderr: collector() }
}

/** Listeners that ignore every event. */
export const noEvents = { exitSeen() {}, broken() {} }

/** Prepares and starts a container, and waits for its exit. The caller removes it. */
export async function live(container: EngineContainer, input?: ContainerTask['input']): Promise<Life> {
  const streams = streamsOf(input)
  await container.prepare(new AbortController().signal)
  await container.start(streams, noEvents)
  const exit = await container.wait()
  return { exit, stdout: streams.stdout.text(), stderr: streams.stderr.text() }
}
