import { Writable } from 'node:stream'
import { followWritable, writeTo } from '../../utils/shared-writable.ts'

const noop = () => {}

/** Bytes. Enough for the end of a stack trace. */
const maxUnread = 2048

/**
 * One output stream of a container that serves call after call. It passes the output to the writable of the call in progress, at that
 * writable's pace; between calls, to the function's writable if there is one.
 */
export class LogRouter extends Writable {
  readonly #between: Writable | undefined
  #target: Writable | undefined
  /** Ends the subscription to the target. */
  #unfollow = noop
  /** Completes the write that waits for the target. */
  #release = noop
  #unread = Buffer.alloc(0)

  constructor(between: Writable | undefined) {
    super({ decodeStrings: true })
    this.#between = between
    this.direct(undefined)
  }

  /** Sends the output to a call's writable from here on; undefined: to the function's. */
  direct(given: Writable | undefined): void {
    const target = given ?? this.#between
    if (target === this.#target) return
    this.#release()
    this.#unfollow()
    this.#unfollow = noop
    this.#target = target
    // A consumer that breaks loses its log, and nothing else.
    if (this.#target !== undefined) {
      const go = () => this.#release()
      this.#unfollow = followWritable(this.#target, { drained: go, gone: go })
    }
  }

  /** The end of the output that no writable got. */
  get unread(): string {
    return this.#unread.toString().trim()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const target = this.#target
    if (target === undefined) this.#unread = Buffer.concat([this.#unread, chunk]).subarray(-maxUnread)
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
    this.#unfollow()
    done(error)
  }
}
