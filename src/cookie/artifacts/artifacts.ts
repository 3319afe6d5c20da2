import { posix } from 'node:path'
import { inspect } from 'node:util'
import type { CookietinError, ErrorJson } from '../../errors.ts'
import type { Spool } from '../../utils/spool.ts'
import { type Extraction, type ExtractOptions, extract } from './extract.ts'

/** One file or folder that was copied out of a container. */
export interface Artifact {
  /** Its absolute path in the container. */
  readonly path: string
  readonly type: 'file' | 'folder'
  /** Bytes; 0 for a folder. */
  readonly size: number
  /** Permission bits. Set-uid, set-gid and the sticky bit are left out. */
  readonly mode: number
  /** The bytes of a file. They can be read more than once. */
  readonly content: AsyncIterable<Uint8Array>
}

/** Something that was not copied. */
export interface RefusedArtifact {
  readonly path: string
  /** Why, as a phrase: `'symbolic link to /etc/shadow'`. */
  readonly reason: string
}

/** Artifacts in JSON: without their bytes. */
export interface ArtifactsJson {
  readonly entries: readonly Omit<Artifact, 'content'>[]
  readonly missing: readonly string[]
  readonly truncated: boolean
  readonly refused: readonly RefusedArtifact[]
  readonly error?: ErrorJson | undefined
}

/**
 * What was copied out of a container after its end: files and folders only, a folder before what is in it. The bytes are kept on this host
 * in a file without a name, which is freed when nothing refers to the artifacts, when they are disposed, and with the process.
 */
export interface Artifacts extends AsyncIterable<Artifact>, AsyncDisposable {
  /** Paths of the task's `artifacts` at which nothing was. */
  readonly missing: readonly string[]
  /** True when `maxArtifacts` or `maxArtifactEntries` was reached, and something was left out. */
  readonly truncated: boolean
  /** What was found and not copied: links, devices, names that lead outside, and what did not fit. */
  readonly refused: readonly RefusedArtifact[]
  /** Why the artifacts could not be copied; reading them throws it. Undefined when they were. */
  readonly error: CookietinError | undefined
  /**
   * Writes the artifacts into a folder of this host, which is made where it is missing. Files and folders only, nothing outside of the folder,
   * and nothing through a link in it. An existing file is kept, and named among the refusals, unless `overwrite` is true.
   *
   * @throws CookietinError `ERR_COOKIETIN_ARTIFACTS_FAILED`
   *
   * @example
   * const { artifacts } = await executor.run({ image, artifacts: ['/app/out'] })
   * await artifacts.extractTo('./results') // /app/out/a.txt becomes ./results/out/a.txt
   */
  extractTo(folder: string, options?: ExtractOptions): Promise<Extraction>
  /** Without the bytes. Undefined for a task without artifacts. */
  toJSON(): ArtifactsJson | undefined
}

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
