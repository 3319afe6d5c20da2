import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { readText } from '../../../../utils/read-text.ts'
import type { FreezerFile } from '../../engine-context.ts'

// Reads and writes are synchronous: the kernel answers from memory, and nothing can happen between the check of a flag and the write.

/** The freezer's file in the folder of a control group. */
export function freezerFile(folder: string, version: 1 | 2): FreezerFile {
  return version === 1 ? fileV1(folder) : fileV2(folder)
}

function fileV1(folder: string): FreezerFile {
  const path = join(folder, 'freezer.state')
  return withKill(folder, {
    state() {
      const text = read(path)?.trim()
      if (text === 'FROZEN') return 'frozen'
      if (text === 'THAWED') return 'thawed'
      return text === 'FREEZING' ? 'changing' : undefined
    },
    set: wanted => write(path, wanted === 'frozen' ? 'FROZEN' : 'THAWED'),
  })
}

function fileV2(folder: string): FreezerFile {
  const path = join(folder, 'cgroup.freeze')
  return withKill(folder, {
    state() {
      const wanted = read(path)?.trim()
      const now = /^frozen ([01])$/m.exec(read(join(folder, 'cgroup.events')) ?? '')?.[1]
      if (wanted === undefined || now === undefined) return undefined
      if (wanted !== now) return 'changing'
      return now === '1' ? 'frozen' : 'thawed'
    },
    set: wanted => write(path, wanted === 'frozen' ? '1' : '0'),
  })
}

function withKill(folder: string, file: Pick<FreezerFile, 'state' | 'set'>): FreezerFile {
  return {
    ...file,
    kill() {
      // On cgroup v1 the signal waits for the thaw. The processes cannot fork meanwhile.
      const pids = (readText(join(folder, 'cgroup.procs')) ?? '').split('\n').map(Number)
      // One in a process namespace that is not visible from here is listed as 0.
      for (const pid of pids) if (pid > 0) attempt(() => process.kill(pid, 'SIGKILL'))
      attempt(() => file.set('thawed'))
    },
  }
}

/** Undefined only where there is no such file: a group that cannot be looked at need not be gone. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    if (['ENOENT', 'ENODEV', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** What fails here is gone, or is left to the engine. */
function attempt(call: () => unknown): void {
  try {
    call()
  } catch {}
}

/** Never creates the file: without it there is no such group. */
function write(path: string, text: string): void {
  const descriptor = openSync(path, constants.O_WRONLY)
  try {
    writeSync(descriptor, text)
  } finally {
    closeSync(descriptor)
  }
}
