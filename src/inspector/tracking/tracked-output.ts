import type { Inspectable } from '../../utils/actors/inspectable.ts'
import type { ActorOutput } from '../protocol.ts'
import { lastLine } from './masked-output.ts'
import { OutputTail } from './output-tail.ts'

/** How long a shown line may be, in characters. */
const longestLine = 300

/** The ends of an actor's two output streams. */
export class TrackedOutput {
  readonly #secrets: readonly string[]
  readonly #tails = { stdout: new OutputTail(), stderr: new OutputTail() }
  #isClosed = false

  constructor({ watchOutput, secrets = [] }: Inspectable) {
    this.#secrets = secrets
    watchOutput?.((stream, chunk) => {
      if (!this.#isClosed) this.#tails[stream].push(chunk)
    })
  }

  /** Bytes of memory. */
  get size(): number {
    return this.#tails.stdout.size + this.#tails.stderr.size
  }

  /** The last line of standard error, masked; undefined where there is none. */
  get errorLine(): string | undefined {
    const line = lastLine(this.#tails.stderr.shown(this.#secrets).text)
    return line !== undefined && line.length > longestLine ? `${line.slice(0, longestLine)}…` : line
  }

  get shown(): ActorOutput {
    const { stdout, stderr } = this.#tails
    return { stdout: stdout.shown(this.#secrets), stderr: stderr.shown(this.#secrets) }
  }

  /** The actor is at its end. */
  close(): void {
    this.#isClosed = true
    for (const tail of Object.values(this.#tails)) tail.close()
  }

  /** Drops the texts, to bound the memory of all. */
  clear(): void {
    for (const tail of Object.values(this.#tails)) tail.clear()
  }
}
