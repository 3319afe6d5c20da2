import { posix } from 'node:path'
import { isWithin } from '../../task/mounts/dangerous-mounts.ts'
import type { FileSource, FoundEntry } from '../engine.ts'

interface MockFile {
  readonly type: 'file' | 'folder' | 'symbolic link'
  readonly mode: number
  readonly bytes: Uint8Array
}

/** The files of a mock container: those that were copied in, and those of its script. */
export class MockFiles {
  readonly #scripted: Readonly<Record<string, string | Uint8Array>>
  readonly #files = new Map<string, MockFile>()

  constructor(scripted: Readonly<Record<string, string | Uint8Array>>) {
    this.#scripted = scripted
  }

  async copyIn(sources: readonly FileSource[], signal: AbortSignal): Promise<void> {
    for (const source of sources) {
      for await (const { path, type, mode, content } of source.entries()) {
        const chunks: Uint8Array[] = []
        if (type === 'file') {
          for await (const chunk of content) {
            if (signal.aborted) return
            chunks.push(chunk)
          }
        }
        this.#add(path, { type: type === 'link' ? 'symbolic link' : type, mode, bytes: Buffer.concat(chunks) })
      }
    }
  }

  copyOut(path: string): AsyncIterable<FoundEntry> | undefined {
    for (const [name, content] of Object.entries(this.#scripted)) {
      this.#add(name, { type: 'file', mode: 0o644, bytes: Buffer.from(content) })
    }
    const names = [...this.#files.keys()].filter(name => isWithin(name, path)).toSorted()
    return names.length === 0 ? undefined : this.#entries(names)
  }

  async *#entries(names: readonly string[]): AsyncGenerator<FoundEntry, void, undefined> {
    for (const path of names) {
      const file = this.#files.get(path)
      if (file === undefined) continue
      const { type, mode, bytes } = file
      yield { path, type, mode, size: bytes.length, content: chunksOf(bytes) }
    }
  }

  #add(path: string, file: MockFile): void {
    for (let folder = posix.dirname(path); folder !== '/' && folder !== '.'; folder = posix.dirname(folder)) {
      if (!this.#files.has(folder)) this.#files.set(folder, { type: 'folder', mode: 0o755, bytes: new Uint8Array() })
    }
    this.#files.set(path, file)
  }
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (bytes.length > 0) yield bytes
}
