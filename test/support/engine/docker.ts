import type { Exit } from '../../../machines/cookie-types.ts'
import { type DockerConfig, resolveDockerConfig } from '../../../src/engines/docker/config/config.ts'
import { createDockerEngine, type DockerEngine } from '../../../src/engines/docker/engine.ts'
import type { ContainerStreams, EngineContainer, OutputSink } from '../../../src/engines/engine.ts'
import { toChunks } from '../../../src/task/input.ts'
import { resolveTask } from '../../../src/task/resolve-task.ts'
import type { ContainerTask } from '../../../src/task/task.ts'
import { ensureTestImage, testImage } from '../images/images.ts'
import { containersWith } from './request.ts'

/** An engine on the one under test, which tells at its disposal what it has left there. */
export interface TestEngine extends AsyncDisposable {
  readonly engine: DockerEngine
  /** A container of the test image; no network unless the task says so. */
  container(task?: Partial<ContainerTask>): EngineContainer
  /** The names of its containers, in any state, as the real engine has them. */
  leftovers(): Promise<string[]>
}

/** Connects to the engine under test, or to what `config.docker` names. Disposing fails when a container is left. */
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

/** A sink that keeps what it gets. */
export interface Collector extends OutputSink {
  bytes(): Buffer
  text(): string
}

/** Makes one. */
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

/** What one whole life of a container came to. */
export interface Life {
  readonly exit: Exit
  readonly stdout: string
  readonly stderr: string
}

/** Streams that collect, with the input of a task. */
export function streamsOf(input?: ContainerTask['input']): ContainerStreams & { stdout: Collector; stderr: Collector } {
  return { stdin: input === undefined ? undefined : toChunks(input), stdout: collector(), stderr: collector() }
}

/** Events of no interest. */
export const noEvents = { exitSeen() {}, broken() {} }

/** Prepares, starts and waits. The removal is the caller's. */
export async function live(container: EngineContainer, input?: ContainerTask['input']): Promise<Life> {
  const streams = streamsOf(input)
  await container.prepare(new AbortController().signal)
  await container.start(streams, noEvents)
  const exit = await container.wait()
  return { exit, stdout: streams.stdout.text(), stderr: streams.stderr.text() }
}
