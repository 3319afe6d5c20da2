import type { EngineContainer, FoundEntry } from '../../engines/engine.ts'
import type { CookietinError } from '../../errors.ts'
import { isWithin } from '../../task/mounts/dangerous-mounts.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'
import { Spool } from '../../utils/spool.ts'
import { KeptArtifacts, type KeptEntry } from './artifacts.ts'
import type { Artifacts, RefusedArtifact } from './types.ts'

/** The longest path that is kept, in characters. */
const maxPath = 4_096

/**
 * Copies the artifacts of a task out of its container. What comes is not trusted: files and folders are kept, within the task's bounds;
 * anything else is named and left out.
 */
export class Collector {
  readonly #task: ResolvedTask
  readonly #entries: KeptEntry[] = []
  readonly #paths = new Set<string>()
  readonly #missing: string[] = []
  readonly #refused: RefusedArtifact[] = []
  #spool: Spool | undefined
  #seen = 0
  #truncated = false

  constructor(task: ResolvedTask) {
    this.#task = task
  }

  /** Copies all. Once the signal is aborted, it rejects soon. */
  async collect(container: EngineContainer, signal: AbortSignal): Promise<void> {
    for (const path of this.#task.artifacts) {
      signal.throwIfAborted()
      const found = await container.copyOut?.(path, signal)
      if (found === undefined) this.#missing.push(path)
      else if (!(await this.#keepAll(path, found, signal))) this.#truncated = true
    }
  }

  /** The artifacts; none of their bytes where there is an error. */
  result(error: CookietinError | undefined): Artifacts {
    if (error !== undefined) void this.#spool?.close().catch(() => {})
    return new KeptArtifacts({
      wanted: this.#task.artifacts,
      entries: error === undefined ? this.#entries : [],
      spool: error === undefined ? this.#spool : undefined,
      missing: this.#missing,
      truncated: this.#truncated,
      refused: this.#refused,
      error,
    })
  }

  /** Returns false when a bound was reached: the rest of that path is not read. */
  async #keepAll(root: string, found: AsyncIterable<FoundEntry>, signal: AbortSignal): Promise<boolean> {
    for await (const entry of found) {
      signal.throwIfAborted()
      if (++this.#seen > this.#task.maxArtifactEntries) return false
      const reason = this.#reasonAgainst(root, entry)
      if (reason !== undefined) this.#refused.push({ path: entry.path.slice(0, maxPath), reason })
      else if (entry.type === 'folder') this.#keep(entry, 0)
      else if (!(await this.#keepFile(entry, signal))) return false
    }
    return true
  }

  #reasonAgainst(root: string, { path, type }: FoundEntry): string | undefined {
    if (!isWithin(path, root) || path.split('/').slice(1).some(isOdd)) return 'its name leads outside'
    if (path.length > maxPath) return 'its path is too long'
    if (type !== 'file' && type !== 'folder') return type
    return this.#paths.has(path) ? 'its path came before' : undefined
  }

  async #keepFile(entry: FoundEntry, signal: AbortSignal): Promise<boolean> {
    this.#spool ??= new Spool()
    const start = this.#spool.size
    const room = this.#task.maxArtifacts - start
    if (!(entry.size >= 0 && entry.size <= room)) return this.#doesNotFit(entry)
    let size = 0
    for await (const chunk of entry.content) {
      signal.throwIfAborted()
      size += chunk.length
      if (size > room) {
        this.#spool.truncate(start)
        return this.#doesNotFit(entry)
      }
      await this.#spool.write(chunk)
    }
    this.#keep({ ...entry, size }, start)
    return true
  }

  #doesNotFit({ path, size }: FoundEntry): false {
    this.#refused.push({ path, reason: `its ${size} bytes do not fit into maxArtifacts (${this.#task.maxArtifacts})` })
    return false
  }

  #keep({ path, type, size, mode }: FoundEntry, start: number): void {
    this.#paths.add(path)
    const isFile = type === 'file'
    this.#entries.push({
      path,
      type: isFile ? 'file' : 'folder',
      size: isFile ? size : 0,
      mode: mode & 0o777,
      start,
    })
  }
}

const isOdd = (part: string) => part === '' || part === '.' || part === '..' || part.includes('\0')
