import type { Exit } from '../../../../machines/types/cookie.ts'
import { CookietinError } from '../../../errors.ts'
import { type Deferred, deferred } from '../../../utils/deferred.ts'
import type { ContainerEvents, ContainerStreams, OutputSink } from '../../engine.ts'
import { frameOf, type LaunchCommand, newToken } from './frame.ts'
import { type LaunchEnd, MarkerFilter } from './marker-filter.ts'
import { StderrTail } from './stderr-tail.ts'

const ready = 0x72
const taken = 0x74

/** A task that a launcher runs. */
export interface Launch {
  readonly command: LaunchCommand
  readonly streams: ContainerStreams
  readonly events: ContainerEvents
}

interface Running extends Launch {
  readonly token: Buffer
  readonly stdout: FilteredSink
  readonly stderr: FilteredSink
  readonly tail: StderrTail
}

/**
 * The talk with the launcher of one container, over the container's own streams: it is ready, it gets the frame of a
 * task, it has taken the frame, the task has ended.
 */
export class LauncherSession {
  /** The streams to start the container with. */
  readonly streams: ContainerStreams
  /** The events to start the container with. */
  readonly events: ContainerEvents
  readonly #ready = deferred<void>()
  readonly #launched = deferred<Running | undefined>()
  readonly #taken = deferred<void>()
  readonly #end = deferred<Exit>()
  #running: Running | undefined
  #state: 'starting' | 'ready' | 'taken' | 'broken' = 'starting'

  constructor() {
    this.streams = {
      stdin: this.#input(),
      stdout: { write: chunk => this.#takeStdout(chunk) },
      stderr: { write: chunk => this.#takeStderr(chunk) },
    }
    this.events = {
      exitSeen: () => this.#running?.events.exitSeen(),
      broken: error => this.#running?.events.broken(error),
    }
  }

  /** Resolves when the launcher waits for a task. Rejects when anything else comes from the container. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }
  /** Resolves when the launcher has taken the frame: from then on the task runs. Rejects when it never will. */
  get taken(): Promise<void> {
    return this.#taken.promise
  }
  /** Resolves when a task has ended by itself, once its output was given away. Pending for every other end. */
  get end(): Promise<Exit> {
    return this.#end.promise
  }
  /** True once the task's input may have been read from. */
  get hasTaken(): boolean {
    return this.#state === 'taken'
  }
  /** Why the launcher could not execute the command. */
  get initError(): string | undefined {
    return this.#running?.tail.initError
  }

  /** Sends the frame of a task. Further calls do nothing. */
  launch(launch: Launch): void {
    if (this.#running !== undefined) return
    const token = newToken()
    const tail = new StderrTail(launch.streams.stderr)
    const onEnd = () => this.#compare()
    const running: Running = {
      ...launch,
      token,
      tail,
      stdout: new FilteredSink(launch.streams.stdout, token, onEnd),
      stderr: new FilteredSink(tail, token, onEnd),
    }
    this.#running = running
    this.#launched.resolve(running)
  }

  /** Call it when the container has ended, or never will be started. */
  fail(error: unknown): void {
    this.#ready.reject(error)
    this.#taken.reject(error)
    this.#launched.resolve(undefined)
  }

  /** Passes on what was held back. Call it when the output has ended without a marker in both streams. */
  async flush(): Promise<void> {
    await this.#running?.stdout.flush()
    await this.#running?.stderr.flush()
  }

  /** The frame, then the task's input once the frame is taken: before that, it can still be read by another run. */
  async *#input(): AsyncGenerator<Uint8Array, void, undefined> {
    const running = await this.#launched.promise
    if (running === undefined) return
    yield frameOf(running.command, running.token)
    await this.#taken.promise.catch(() => {})
    if (this.#state === 'taken' && running.streams.stdin !== undefined) yield* running.streams.stdin
  }

  #takeStdout(chunk: Uint8Array): Promise<void> | undefined {
    let rest = chunk
    if (this.#state === 'starting') rest = this.#expect(rest, ready, 'ready', this.#ready)
    if (this.#state === 'ready' && rest.length > 0) rest = this.#expect(rest, taken, 'taken', this.#taken)
    return rest.length > 0 && this.#state === 'taken' ? this.#running?.stdout.write(rest) : undefined
  }

  #takeStderr(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#state === 'taken' || this.#running !== undefined) return this.#running?.stderr.write(chunk)
    this.#break(chunk)
    return undefined
  }

  #expect(chunk: Uint8Array, byte: number, next: 'ready' | 'taken', step: Deferred<void>): Uint8Array {
    if (chunk[0] !== byte || (next === 'taken' && this.#running === undefined)) {
      this.#break(chunk)
      return chunk
    }
    this.#state = next
    step.resolve()
    return chunk.subarray(1)
  }

  #break(chunk: Uint8Array): void {
    if (this.#state === 'broken') return
    this.#state = 'broken'
    const text = JSON.stringify(Buffer.from(chunk).toString().slice(0, 200))
    this.fail(new CookietinError('ERR_COOKIETIN_START_FAILED', `The launcher of a container said ${text}`))
  }

  /** The task has ended by itself when both streams end with the same marker. */
  #compare(): void {
    const { stdout, stderr } = this.#running ?? {}
    const end = stdout?.end
    if (end === undefined || stderr?.end === undefined || end.exitCode !== stderr.end.exitCode) return
    this.#end.resolve(this.#exitOf(end))
  }

  #exitOf({ exitCode, cpuMs, memoryPeak }: LaunchEnd): Exit {
    const message = exitCode === 126 || exitCode === 127 ? this.initError : undefined
    return {
      exitCode,
      oomKilled: false,
      outputTruncated: false,
      message,
      usage: { cpuMs, memoryPeak },
    }
  }
}

/** A sink behind a {@link MarkerFilter}. */
class FilteredSink implements OutputSink {
  readonly #sink: OutputSink
  readonly #filter: MarkerFilter
  readonly #onEnd: () => void
  #isPassed = true

  constructor(sink: OutputSink, token: Buffer, onEnd: () => void) {
    this.#sink = sink
    this.#filter = new MarkerFilter(token)
    this.#onEnd = onEnd
  }

  /** What the marker says, once everything before it was given away. */
  get end(): LaunchEnd | undefined {
    return this.#isPassed ? this.#filter.end : undefined
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    const blocked = this.#pass(this.#filter.push(chunk))
    if (blocked === undefined) {
      if (this.#filter.end !== undefined) this.#onEnd()
      return undefined
    }
    this.#isPassed = false
    return blocked.then(() => {
      this.#isPassed = true
      if (this.#filter.end !== undefined) this.#onEnd()
    })
  }

  async flush(): Promise<void> {
    await this.#pass(this.#filter.flush())
  }

  #pass(bytes: Uint8Array): Promise<void> | undefined {
    return bytes.length === 0 ? undefined : this.#sink.write(bytes)
  }
}
