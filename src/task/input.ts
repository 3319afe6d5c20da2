import type { Readable } from 'node:stream'
import { isUint8Array } from 'node:util/types'
import { CookietinError, type ErrorCode, toCookietinError } from '../errors.ts'
import { Issues, typeName } from '../utils/validation/issues.ts'
import { readInput } from './streams.ts'
import type { InputFactory, TaskInput } from './task.ts'

/**
 * Returns any kind of input in chunks of bytes. Strings become UTF-8. Empty chunks are left out.
 *
 * The source is not opened, locked or listened to before the first chunk is read. `return()` releases it at once, also while a chunk is
 * awaited: a stream is destroyed or cancelled, an iterator returns. An error of the source is thrown as `ERR_COOKIETIN_INPUT_FAILED`.
 */
export function toChunks(input: TaskInput | InputFactory, use: InputUse = standardInput): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => new Chunks(() => open(input), use) }
}

/** What an input is for, in its errors. */
export interface InputUse {
  readonly code: ErrorCode
  /** A phrase that follows "Cannot read". */
  readonly what: string
}

const standardInput: InputUse = { code: 'ERR_COOKIETIN_INPUT_FAILED', what: 'the input of the task' }

/** True for content that can be read once: a stream, or something that is its own iterator. */
export function isReadOnce(content: unknown): boolean {
  if (typeof content !== 'object' || content === null || isUint8Array(content)) return false
  return ['getReader', 'pipe', 'next'].some(name => typeof (content as Record<string, unknown>)[name] === 'function')
}

/** Catches the error of an input before it is read. */
export interface InputGuard {
  /** The error of the input, if it had one. */
  failure(): CookietinError | undefined
  release(): void
}

const unguarded: InputGuard = { failure: () => undefined, release() {} }

/**
 * Guards an input that is not read yet. A stream may fail before that, as one of a missing file does; without a listener its error would
 * end the process. `broke` is called with it.
 */
export function guardInput(
  input: TaskInput | InputFactory | undefined,
  broke: (error: unknown) => void = ignore,
  use: InputUse = standardInput,
): InputGuard {
  if (typeof input !== 'object' || !isNodeStream(input)) return unguarded
  input.on('error', broke)
  return {
    failure: () => (input.errored ? inputError(input.errored, use) : undefined),
    release: () => input.off('error', broke),
  }
}

/** A source in one form: `next` as in an iterator, and `release` for one that is not read to its end. */
interface Source {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>
  release(): unknown
}

class Chunks implements AsyncIterator<Uint8Array, undefined> {
  readonly #open: () => Source
  readonly #use: InputUse
  #source: Source | undefined
  #done = false

  constructor(open: () => Source, use: InputUse) {
    this.#open = open
    this.#use = use
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      while (!this.#done) {
        this.#source ??= this.#open()
        const { done, value } = await this.#source.next()
        if (done) break
        const chunk = toBytes(value, this.#use)
        if (chunk.length > 0) return { done: false, value: chunk }
      }
    } catch (error) {
      await this.return()
      throw inputError(error, this.#use)
    }
    this.#done = true
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    if (!this.#done) {
      this.#done = true
      try {
        this.#source ??= this.#open()
        // Not awaited: a generator that waits inside its own `next` answers only after that, if ever.
        Promise.resolve(this.#source.release()).catch(() => {})
      } catch {
        // An error of the release has no effect: the task has ended, or has failed before.
      }
    }
    return { done: true, value: undefined }
  }
}

function open(input: TaskInput | InputFactory): Source {
  if (typeof input === 'function') return fromFactory(input)
  if (typeof input === 'string' || isUint8Array(input)) return fromIterator([input][Symbol.iterator]())
  if ('getReader' in input) return fromWebStream(input)
  if (Symbol.asyncIterator in input) {
    const source = fromIterator(input[Symbol.asyncIterator]())
    return isNodeStream(input) ? { next: source.next, release: () => destroy(input) } : source
  }
  return fromIterator(input[Symbol.iterator]())
}

function fromFactory(make: InputFactory): Source {
  let isReleased = false
  let source: Source | undefined
  const made = async () => {
    const input: unknown = await make()
    const read = readInput(new Issues(), input)
    if (read === undefined) {
      const returned = `its function returned a value of type ${typeName(input)}`
      throw new TypeError(`${returned}; it must return text, bytes, an iterable of those, or a readable stream`)
    }
    const opened = open(read)
    if (isReleased) await opened.release()
    source = opened
    return opened
  }
  return {
    next: async () => (source ?? (await made())).next(),
    release: () => {
      isReleased = true
      return source?.release()
    },
  }
}

function fromIterator(iterator: AsyncIterator<unknown> | Iterator<unknown>): Source {
  return { next: async () => iterator.next(), release: () => iterator.return?.() }
}

function fromWebStream(stream: ReadableStream<unknown>): Source {
  const reader = stream.getReader()
  return { next: () => reader.read(), release: () => reader.cancel() }
}

/** True for a readable stream of Node.js. */
export function isNodeStream(input: object): input is Readable {
  return 'destroy' in input && typeof input.destroy === 'function' && 'on' in input && typeof input.on === 'function'
}

/** A stream's own iterator would answer only after the chunk that is being waited for. */
function destroy(stream: Readable): void {
  stream.on('error', ignore)
  stream.destroy()
}

function ignore(): void {}

function inputError(error: unknown, { code, what }: InputUse): CookietinError {
  return toCookietinError(error, code, `Cannot read ${what}`)
}

function toBytes(chunk: unknown, { code, what }: InputUse): Uint8Array {
  if (typeof chunk === 'string') return Buffer.from(chunk, 'utf8')
  if (isUint8Array(chunk)) return chunk
  throw new CookietinError(
    code,
    `Cannot read ${what}: it produced a chunk of type ${typeName(chunk)}; a chunk must be a string or a Uint8Array`,
  )
}
