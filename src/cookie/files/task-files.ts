import { isUint8Array } from 'node:util/types'
import type { EngineContainer, FileEntry, FileSource } from '../../engines/engine.ts'
import { guardInput, type InputGuard, type InputUse, isReadOnce, toChunks } from '../../task/input.ts'
import type { ResolvedFile } from '../../task/resolved-task.ts'
import { byteLength } from '../../utils/size.ts'
import { checkHostFile, hostEntries } from './host-files.ts'

/** The permission bits of a file whose task gives none. */
const defaultMode = 0o644

/** The files of one cookie, from before they are read until they were, or are given up. */
export class TaskFiles {
  readonly #files: readonly ResolvedFile[]
  readonly #guards: readonly InputGuard[]
  readonly #read = new Set<ResolvedFile>()
  /** The contents that are being read, or were. */
  readonly #open = new Set<AsyncIterator<Uint8Array>>()

  constructor(files: readonly ResolvedFile[]) {
    this.#files = files
    this.#guards = files.map(file => guardInput(file.content, undefined, useOf(file)))
  }

  /** Looks whether all can be read, as far as that is known before. */
  async check(): Promise<void> {
    for (const guard of this.#guards) {
      const failure = guard.failure()
      if (failure !== undefined) throw failure
    }
    for (const { from, path, mode } of this.#files) if (from !== undefined) await checkHostFile({ from, path, mode })
  }

  /** Copies all into the container. */
  async copyInto(container: EngineContainer, signal: AbortSignal): Promise<void> {
    await container.copyIn?.(
      this.#files.map(file => this.#sourceOf(file)),
      signal,
    )
  }

  /** The files are not needed any longer. What was not read is released. */
  release(): void {
    // Also one that is waited for, by an engine that has given up.
    for (const chunks of this.#open) void chunks.return?.()
    for (const guard of this.#guards) guard.release()
    for (const file of this.#files) {
      if (file.content === undefined || this.#read.has(file)) continue
      if (isReadOnce(file.content)) void toChunks(file.content)[Symbol.asyncIterator]().return?.()
    }
  }

  #sourceOf(file: ResolvedFile): FileSource {
    const { path, content, from, mode } = file
    const isRepeatable = !isReadOnce(content)
    if (from !== undefined) return { path, isRepeatable, entries: () => hostEntries({ from, path, mode }) }
    const [read, opened] = [this.#read, this.#open]
    return {
      path,
      isRepeatable,
      async *entries(): AsyncGenerator<FileEntry, void, undefined> {
        read.add(file)
        const chunks = toChunks(content ?? '', useOf(file))[Symbol.asyncIterator]()
        opened.add(chunks)
        const once = { [Symbol.asyncIterator]: () => chunks }
        yield { path, type: 'file', mode: mode ?? defaultMode, size: sizeOf(content), content: once }
      },
    }
  }
}

function useOf({ path }: ResolvedFile): InputUse {
  return { code: 'ERR_COOKIETIN_FILES_FAILED', what: `the content of ${path}, one of the task's files` }
}

function sizeOf(content: ResolvedFile['content']): number | undefined {
  if (typeof content === 'string') return byteLength(content)
  return isUint8Array(content) ? content.byteLength : undefined
}
