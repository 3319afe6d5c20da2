import type { OutputSink } from '../../../engine.ts'

/** Longer than the longest line of tini with a path. */
const tailSize = 8_192

/**
 * Keeps the end of a container's standard error. With an init process, the engine starts that one, and only there stands
 * that the command could not be executed.
 */
export class StderrTail implements OutputSink {
  readonly #sink: OutputSink
  #tail: Buffer = Buffer.alloc(0)

  constructor(sink: OutputSink) {
    this.#sink = sink
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    const parts = chunk.length >= tailSize ? [chunk.subarray(-tailSize)] : [this.#tail, chunk]
    // A copy: the chunk belongs to the sink.
    this.#tail = Buffer.concat(parts).subarray(-tailSize)
    return this.#sink.write(chunk)
  }

  /** Why tini could not execute the command. Undefined unless its message is the last one. */
  get initError(): string | undefined {
    return /(?:^|\n)\[FATAL tini \(\d+\)\] (exec [^\n]* failed[^\n]*)\n?$/.exec(this.#tail.toString())?.[1]
  }
}
