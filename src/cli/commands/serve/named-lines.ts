import { Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { printable } from '../../output/printable.ts'

/** Characters. What has no newline for so long is passed on in parts. */
const longestLine = 16 * 1024

/** Takes what one of many writes, and passes it on in whole lines that begin with its name. */
export class NamedLines extends Writable {
  readonly #name: string
  readonly #pass: (line: string) => void
  readonly #decoder = new StringDecoder()
  #rest = ''

  constructor(name: string, pass: (line: string) => void) {
    super()
    this.#name = name
    this.#pass = pass
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#tell(line)
    for (; this.#rest.length > longestLine; this.#rest = this.#rest.slice(longestLine))
      this.#tell(this.#rest.slice(0, longestLine))
    done()
  }

  override _final(done: () => void): void {
    if (this.#rest !== '') this.#tell(this.#rest)
    done()
  }

  #tell(line: string): void {
    this.#pass(`${this.#name} | ${printable(line.replace(/\r$/, '').replaceAll('\t', '    '))}`)
  }
}
