import { readdirSync, readFileSync } from 'node:fs'
import { ownerState } from '../../utils/owner.ts'

/** A process of this machine that a dead cookietin process started with the process driver. */
export interface OrphanProcess {
  readonly pid: number
  /** What it runs. */
  readonly command: string
  /** The owner's token. */
  readonly owner: string
  readonly removed: boolean
}

/**
 * Ends the processes that dead cookietin processes have left, wherever they have gone: each is known by `COOKIETIN_OWNER` in the environment
 * that it was started with. Only those of our own user can be seen, unless we are root.
 */
export function reapProcesses({ dryRun }: { readonly dryRun: boolean }): readonly OrphanProcess[] {
  return processes().flatMap(pid => {
    const owner = ownerOf(pid)
    if (owner === undefined || ownerState(owner) !== 'dead') return []
    const command = (read(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim()
    return [{ pid, command, owner, removed: !dryRun && kill(pid) }]
  })
}

function processes(): number[] {
  try {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

function ownerOf(pid: number): string | undefined {
  const mark = 'COOKIETIN_OWNER='
  const variable = read(`/proc/${pid}/environ`)
    ?.split('\0')
    .find(text => text.startsWith(mark))
  return variable?.slice(mark.length)
}

/** One by one, not by group: the group's number may be somebody else's by now. A frozen one ends, too. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
