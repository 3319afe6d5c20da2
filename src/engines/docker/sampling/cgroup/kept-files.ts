import { closeSync, openSync, readSync } from 'node:fs'

/** Larger than any of the files that are read. */
const buffer = Buffer.alloc(65_536)

/**
 * Reads kernel files repeatedly and keeps them open, since opening costs ten times as much as reading. Reads are
 * synchronous: the files are generated in memory, and a thread per read would cost more. Open files do not block the
 * removal of a control group.
 */
export class KeptFiles {
  readonly #descriptors = new Map<string, number | undefined>()

  /** Reads the file. Returns undefined when it does not exist, or no longer exists. */
  read(path: string): string | undefined {
    if (!this.#descriptors.has(path)) this.#descriptors.set(path, open(path))
    const descriptor = this.#descriptors.get(path)
    if (descriptor === undefined) return undefined
    try {
      return buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, buffer.length, 0))
    } catch {
      return undefined
    }
  }

  close(): void {
    for (const descriptor of this.#descriptors.values()) if (descriptor !== undefined) closeSync(descriptor)
    this.#descriptors.clear()
  }
}

function open(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch {
    return undefined
  }
}
