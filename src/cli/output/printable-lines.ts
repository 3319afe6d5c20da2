import { Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { printable } from './printable.ts'

/** A longer line is split, in characters. */
const maxLineLength = 16 * 1024

/** Writes text line by line, harmless to a terminal. */
export class PrintableLines extends Writable {
  readonly #writeLine: (line: string) => void
  readonly #decoder = new StringDecoder()
  #rest = ''

  constructor(writeLine: (line: string) => void) {
    super()
    this.#writeLine = writeLine
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#emit(line)
    for (; this.#rest.length > maxLineLength; this.#rest = this.#rest.slice(maxLineLength))
      this.#emit(this.#rest.slice(0, maxLineLength))
    done()
  }

  override _final(done: () => void): void {
    this.flush()
    done()
  }

  /** Writes a line that has no end yet. */
  flush(): void {
    if (this.#rest !== '') this.#emit(this.#rest)
    this.#rest = ''
  }

  #emit(line: string): void {
    this.#writeLine(printable(line.replace(/\r$/, '').replaceAll('\t', '    ')))
  }
}
