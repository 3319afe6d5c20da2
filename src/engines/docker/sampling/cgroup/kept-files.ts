import { closeSync, openSync, readSync } from 'node:fs'

/** None of the files that are read is nearly as long. */
const buffer = Buffer.alloc(65_536)

/**
 * Reads files of the kernel again and again, each kept open: opening costs ten times what reading does. They are made up as they are read and wait
 * for no disk, so that a thread for each read would cost more still. Open files do not hold up the removal of a control group.
 */
export class KeptFiles {
  readonly #descriptors = new Map<string, number | undefined>()

  /** What the file says now; undefined when there is none, or no more. */
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
