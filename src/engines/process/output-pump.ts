import type { Readable } from 'node:stream'
import type { OutputSink } from '../engine.ts'

/** More bytes than any pipe holds. When more arrive after the exit, another process still writes. */
const mostAfterExit = 16 * 1024 * 1024

/** Copies one output stream of a process to its sink, with backpressure. */
export class OutputPump {
  readonly #stream: Readable
  readonly #sink: OutputSink
  #ended = false
  #dropping = false
  #isCut = false
  #truncated = false
  /** True while the stream waits for the sink. */
  #blocked = false
  /** When that wait began or ended, by `performance.now()`. */
  #since = performance.now()
  /** How long it has waited for data after the exit, in ms. */
  #waited = 0
  /** How many bytes may still arrive. */
  #allowed = Number.POSITIVE_INFINITY
  #onEnd = () => {}

  constructor(stream: Readable, sink: OutputSink) {
    this.#stream = stream
    this.#sink = sink
    // Not 'data': when a process exits, Node.js sets its streams flowing, whatever they were paused for.
    stream.on('readable', () => this.#read())
    stream.on('end', () => this.#end(false))
    stream.on('error', () => this.#end(true))
    stream.on('close', () => this.#end(true))
  }

  get ended(): boolean {
    return this.#ended
  }

  /** True when bytes did not reach the sink. */
  get truncated(): boolean {
    return this.#truncated
  }

  /** Stops waiting for the sink: output that it does not take at once is dropped, and so is all that follows. */
  drop(): void {
    if (this.#dropping) return
    this.#dropping = true
    // A pump whose process has exited continues by itself.
    if (this.#blocked) setImmediate(() => this.#blocked && this.#cut())
  }

  /** The process has exited. Later output was in the pipe, or is from a process that left the group. Calls back at the end. */
  exited(onEnd: () => void): void {
    this.#allowed = mostAfterExit
    this.#waited = 0
    this.#since = performance.now()
    this.#onEnd = onEnd
    if (this.#ended) onEnd()
  }

  /** How long it may still wait, in ms: for data `stallTimeout` ms in all, for its sink as long each time. */
  timeLeft(stallTimeout: number): number {
    const passed = performance.now() - this.#since
    return stallTimeout - (this.#blocked ? passed : this.#waited + passed)
  }

  /** Closes our end of the stream. Output that has not arrived is lost. */
  giveUp(): void {
    if (this.#ended) return
    this.#stream.destroy()
    this.#end(true)
  }

  #read(): void {
    while (!this.#blocked && !this.#ended) {
      const chunk = this.#stream.read() as Uint8Array | null
      if (chunk === null) return
      this.#take(chunk)
    }
  }

  #take(chunk: Uint8Array): void {
    this.#allowed -= chunk.length
    if (this.#allowed < 0) this.giveUp()
    if (this.#isCut || this.#ended) {
      this.#truncated = true
      return
    }
    const blocked = this.#sink.write(chunk)
    if (blocked === undefined) return
    if (this.#dropping) {
      this.#cut()
      return
    }
    const now = performance.now()
    this.#waited += now - this.#since
    this.#since = now
    this.#blocked = true
    void blocked.then(() => this.#resume())
  }

  #cut(): void {
    this.#isCut = true
    this.#truncated = true
    this.#resume()
  }

  #resume(): void {
    if (!this.#blocked) return
    this.#blocked = false
    this.#since = performance.now()
    this.#read()
  }

  #end(truncated: boolean): void {
    if (this.#ended) return
    this.#ended = true
    this.#truncated ||= truncated
    this.#onEnd()
  }
}

/**
 * Resolves when all pumps have ended. A pump without progress for `stallTimeout` ms is given up: a process that left the group may hold the
 * stream open, and a consumer may stall.
 */
export function finishOutput(pumps: readonly OutputPump[], stallTimeout: number): Promise<void> {
  return new Promise(resolve => {
    let timer: NodeJS.Timeout | undefined
    const check = () => {
      const open = pumps.filter(pump => !pump.ended)
      for (const pump of open) if (pump.timeLeft(stallTimeout) <= 0) pump.giveUp()
      const left = open.filter(pump => !pump.ended).map(pump => pump.timeLeft(stallTimeout))
      if (left.length > 0) timer = setTimeout(check, Math.max(1, Math.min(...left)))
    }
    const ended = () => {
      if (!pumps.every(pump => pump.ended)) return
      clearTimeout(timer)
      resolve()
    }
    for (const pump of pumps) pump.exited(ended)
    check()
  })
}
