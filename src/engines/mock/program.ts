import { toChunks } from '../../task/input.ts'
import type { ContainerEvents, ContainerStreams, OutputSink } from '../engine.ts'
import { type MockClock, MockTimer } from './clock.ts'

import type { MockOutput, MockRun } from './script.ts'

/** The program of a mock container: writes, reads and waits as its script says, and reports its end. */
export class MockProgram {
  readonly #run: MockRun
  readonly #streams: ContainerStreams
  readonly #gate = new MockGate()
  readonly #timer: MockTimer
  readonly #sources: AsyncIterator<Uint8Array>[] = []
  #stopped = false
  #written = false

  constructor(run: MockRun, streams: ContainerStreams, events: ContainerEvents, clock: MockClock, ended: () => void) {
    this.#run = run
    this.#streams = streams
    const work = [this.#write(run.stdout, streams.stdout), this.#write(run.stderr, streams.stderr)]
    const input =
      run.echoInput && streams.stdin !== undefined ? this.#copy(streams.stdin, streams.stdout) : Promise.resolve()
    const echo = input.catch((error: Error) => {
      if (!this.#stopped) events.broken(error)
      // It waits for the rest of its input, which never comes.
      return new Promise<void>(() => {})
    })
    let timeIsUp = () => {}
    const time = new Promise<void>(resolve => {
      timeIsUp = resolve
    })
    this.#timer = new MockTimer(clock, run.runFor ?? 0, timeIsUp)
    this.#timer.resume()
    const written = Promise.all([...work, echo]).then(() => {
      this.#written = true
    })
    void Promise.all([written, time]).then(() => {
      if (!this.#stopped) ended()
    })
  }

  /** True once all of its output was taken. */
  get written(): boolean {
    return this.#written
  }

  pause(): void {
    this.#gate.close()
    this.#timer.stop()
  }

  unpause(): void {
    this.#gate.open()
    if (!this.#stopped) this.#timer.resume()
  }

  /** Ends it, and releases its input. */
  stop(): void {
    this.#stopped = true
    this.#timer.stop()
    this.#gate.open()
    if (!this.#run.echoInput && this.#streams.stdin !== undefined) this.#open(this.#streams.stdin)
    for (const source of this.#sources) Promise.resolve(source.return?.()).catch(() => {})
  }

  async #write(output: MockOutput | undefined, sink: OutputSink): Promise<void> {
    if (output !== undefined) await this.#copy(toChunks(output), sink)
  }

  async #copy(chunks: AsyncIterable<Uint8Array>, sink: OutputSink): Promise<void> {
    const source = this.#open(chunks)
    for (;;) {
      const { done, value } = await source.next()
      await this.#gate.pass()
      if (done || this.#stopped) return
      await sink.write(value)
    }
  }

  #open(chunks: AsyncIterable<Uint8Array>): AsyncIterator<Uint8Array> {
    const source = chunks[Symbol.asyncIterator]()
    this.#sources.push(source)
    return source
  }
}

/** A gate: passes wait while it is closed. */
class MockGate {
  #waiting: (() => void)[] = []
  #open = true

  close(): void {
    this.#open = false
  }

  open(): void {
    this.#open = true
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Resolves when it is open. */
  async pass(): Promise<void> {
    while (!this.#open) await new Promise<void>(resolve => this.#waiting.push(resolve))
  }
}
