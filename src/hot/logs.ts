import { Writable } from 'node:stream'

/** Bytes. Enough for the end of a stack trace. */
const mostUnheard = 2048

/**
 * Takes one output stream of a container that serves call after call, and passes it to the writable of the call in progress, at its pace;
 * between calls to that of the function, if it has one.
 */
export class LogRouter extends Writable {
  readonly #between: Writable | undefined
  #target: Writable | undefined
  /** Set while a chunk waits for its target. */
  #release: (() => void) | undefined
  #unheard = Buffer.alloc(0)

  constructor(between: Writable | undefined) {
    super({ decodeStrings: true })
    this.#between = between
    this.direct(undefined)
  }

  /** From here on the output goes to the call's writable; undefined: to the function's. */
  direct(target: Writable | undefined): void {
    this.#release?.()
    this.#target?.off('error', ignore)
    this.#target = target ?? this.#between
    // A consumer that breaks loses its log, and nothing else: without a listener its error would end the process.
    this.#target?.on('error', ignore)
  }

  /** The end of what went to nobody: no call was in progress, and the function has no writable. */
  get unheard(): string {
    return this.#unheard.toString().trim()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const target = this.#target
    if (target === undefined) this.#unheard = Buffer.concat([this.#unheard, chunk]).subarray(-mostUnheard)
    if (target === undefined || target.destroyed || target.writableEnded || target.write(chunk)) {
      done()
      return
    }
    const release = () => {
      target.off('drain', release).off('close', release)
      this.#release = undefined
      done()
    }
    this.#release = release
    target.on('drain', release).on('close', release)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#release?.()
    this.#target?.off('error', ignore)
    done(error)
  }
}

const ignore = () => {}
