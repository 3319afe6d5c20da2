import { Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { printable } from '../../output/printable.ts'

/** A longer line is split, in characters. */
const maxLineLength = 16 * 1024

/** Prefixes each line of one of several sources with its name. */
export class NamedLines extends Writable {
  readonly #name: string
  readonly #writeLine: (line: string) => void
  readonly #decoder = new StringDecoder()
  #rest = ''

  constructor(name: string, writeLine: (line: string) => void) {
    super()
    this.#name = name
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
    if (this.#rest !== '') this.#emit(this.#rest)
    done()
  }

  #emit(line: string): void {
    this.#writeLine(`${this.#name} | ${printable(line.replace(/\r$/, '').replaceAll('\t', '    '))}`)
  }
}
