import { ownerState } from '../../utils/owner.ts'
import { readText } from '../../utils/read-text.ts'
import { processIds } from './proc.ts'

/** A process that a dead process of cookietin started with the process driver. */
export interface OrphanProcess {
  readonly pid: number
  /** Its command. */
  readonly command: string
  /** The owner's token. */
  readonly owner: string
  readonly removed: boolean
}

/**
 * Ends the processes of dead owners. Each is found by `COOKIETIN_OWNER` in the environment that it was started with. Without root, only
 * processes of this user are found.
 */
export function reapProcesses({
  dryRun,
  owner: wanted,
}: {
  readonly dryRun: boolean
  /** Only those of this owner. */
  readonly owner?: string | undefined
}): readonly OrphanProcess[] {
  return processIds().flatMap(pid => {
    const owner = ownerOf(pid)
    if (owner === undefined || owner !== (wanted ?? owner) || ownerState(owner) !== 'dead') return []
    const command = (readText(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim()
    return [{ pid, command, owner, removed: !dryRun && kill(pid) }]
  })
}

function ownerOf(pid: number): string | undefined {
  const mark = 'COOKIETIN_OWNER='
  const variable = readText(`/proc/${pid}/environ`)
    ?.split('\0')
    .find(text => text.startsWith(mark))
  return variable?.slice(mark.length)
}

/** Kills each process by itself: the number of its group may belong to another group by now. A frozen process ends, too. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
