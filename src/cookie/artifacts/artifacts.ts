import { posix } from 'node:path'
import { inspect } from 'node:util'
import type { CookietinError } from '../../errors.ts'
import type { Spool } from '../../utils/spool.ts'
import { extract } from './extract.ts'
import type { Artifact, Artifacts, ArtifactsJson, Extraction, ExtractOptions, RefusedArtifact } from './types.ts'

/** A copied file or folder, with the place of its bytes. */
export interface KeptEntry {
  readonly path: string
  readonly type: 'file' | 'folder'
  readonly size: number
  readonly mode: number
  readonly start: number
}

/** What {@link KeptArtifacts} are made of. */
export interface KeptParts {
  /** The task's artifacts. */
  readonly wanted: readonly string[]
  readonly entries: readonly KeptEntry[]
  readonly spool: Spool | undefined
  readonly missing: readonly string[]
  readonly truncated: boolean
  readonly refused: readonly RefusedArtifact[]
  readonly error: CookietinError | undefined
}

/** The implementation of {@link Artifacts}. */
export class KeptArtifacts implements Artifacts {
  readonly missing: readonly string[]
  readonly truncated: boolean
  readonly refused: readonly RefusedArtifact[]
  readonly error: CookietinError | undefined
  readonly #wanted: readonly string[]
  readonly #entries: readonly KeptEntry[]
  readonly #spool: Spool | undefined

  constructor({ wanted, entries, spool, missing, truncated, refused, error }: KeptParts) {
    this.missing = missing
    this.truncated = truncated
    this.refused = refused
    this.error = error
    this.#wanted = wanted
    this.#entries = entries
    this.#spool = spool
  }

  /** Bytes that are held in memory. */
  get held(): number {
    return this.#spool?.held ?? 0
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Artifact, void, undefined> {
    if (this.error !== undefined) throw this.error
    for (const { start, ...entry } of this.#entries) {
      const content = { [Symbol.asyncIterator]: () => this.#read(start, entry.size) }
      yield { ...entry, content }
    }
  }

  async *#read(start: number, size: number): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#spool !== undefined) yield* this.#spool.read(start, size)
  }

  extractTo(folder: string, options: ExtractOptions = {}): Promise<Extraction> {
    return extract(this, folder, { ...options, from: options.from ?? commonFolder(this.#wanted) })
  }

  toJSON(): ArtifactsJson | undefined {
    if (this.#wanted.length === 0) return undefined
    const entries = this.#entries.map(({ path, type, size, mode }) => ({ path, type, size, mode }))
    const { missing, truncated, refused } = this
    return { entries, missing, truncated, refused, ...(this.error && { error: this.error.toJSON() }) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spool?.close()
  }

  /** `console.log` prints what there is, and not how it is kept. */
  [inspect.custom](): object {
    const { missing, truncated, refused, error } = this
    return { entries: this.#entries.length, missing, truncated, refused, ...(error && { error }) }
  }
}

/** The artifacts of a task without any. */
export const noArtifacts: Artifacts = new KeptArtifacts({
  ...{ wanted: [], entries: [], spool: undefined, missing: [], truncated: false, refused: [], error: undefined },
})

/** The deepest folder that holds every path. */
function commonFolder(paths: readonly string[]): string {
  const [first = [], ...rest] = paths.map(path => posix.dirname(path).split('/').slice(1))
  const differs = first.findIndex((part, index) => rest.some(other => other[index] !== part))
  return `/${(differs === -1 ? first : first.slice(0, differs)).join('/')}`
}
