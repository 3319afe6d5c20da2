import { PrintableLines } from '../../output/printable-lines.ts'

/** How long a line may be without its end, in ms. The end may never come: the container may be gone. */
const patience = 1_000

/** Prefixes each line of one of several sources with its name. */
export class NamedLines extends PrintableLines {
  #timer: NodeJS.Timeout | undefined

  constructor(name: string, writeLine: (line: string) => void) {
    super(line => writeLine(`${name} | ${line}`))
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: () => void): void {
    super._write(chunk, encoding, done)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.flush(), patience).unref()
  }

  override flush(): void {
    clearTimeout(this.#timer)
    super.flush()
  }
}
