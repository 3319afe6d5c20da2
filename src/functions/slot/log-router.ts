import { Writable } from 'node:stream'
import { followWritable, writeTo } from '../../utils/shared-writable.ts'

const noop = () => {}

/** Bytes. Enough for the end of a stack trace. */
const mostUnheard = 2048

/**
 * Takes one output stream of a container that serves call after call, and passes it to the writable of the call in progress, at its pace;
 * between calls to that of the function, if it has one.
 */
export class LogRouter extends Writable {
  readonly #between: Writable | undefined
  #target: Writable | undefined
  /** Ends the interest in the target. */
  #leave = noop
  /** Lets a chunk go that waits for its target. */
  #release = noop
  #unheard = Buffer.alloc(0)

  constructor(between: Writable | undefined) {
    super({ decodeStrings: true })
    this.#between = between
    this.direct(undefined)
  }

  /** From here on the output goes to the call's writable; undefined: to the function's. */
  direct(target: Writable | undefined): void {
    this.#release()
    this.#leave()
    this.#target = target ?? this.#between
    // A consumer that breaks loses its log, and nothing else.
    if (this.#target !== undefined) {
      const go = () => this.#release()
      this.#leave = followWritable(this.#target, { drained: go, gone: go })
    }
  }

  /** The end of what went to nobody: no call was in progress, and the function has no writable. */
  get unheard(): string {
    return this.#unheard.toString().trim()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const target = this.#target
    if (target === undefined) this.#unheard = Buffer.concat([this.#unheard, chunk]).subarray(-mostUnheard)
    if (target === undefined || target.destroyed || target.writableEnded || writeTo(target, chunk)) {
      done()
      return
    }
    this.#release = () => {
      this.#release = noop
      done()
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#release()
    this.#leave()
    done(error)
  }
}
