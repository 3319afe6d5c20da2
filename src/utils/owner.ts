import { readlinkSync } from 'node:fs'
import { readText } from './read-text.ts'

/**
 * The state of the process behind an owner token.
 *
 * `'otherBoot'`: it ran before this host's last boot, or on another host. `'otherNamespace'`: it runs or ran in a PID
 * namespace that this process cannot see, such as another container's. Only `'dead'` proves that there is no owner.
 */
export type OwnerState = 'alive' | 'dead' | 'otherBoot' | 'otherNamespace'

let current: string | undefined

/**
 * A token that identifies this process on its host, also after a reboot: `<boot id>/<pid>/<start time in clock ticks
 * since the boot>/<pid namespace>`.
 *
 * The start time is needed since pids are reused. On a system without `/proc` the unknown parts are `-`, and this
 * process never counts as dead.
 */
export function currentOwner(): string {
  current ??= [bootId() ?? '-', process.pid, startTime(process.pid) ?? '-', pidNamespace() ?? '-'].join('/')
  return current
}

/** Finds out the state of the process that made `token` with {@link currentOwner}. */
export function ownerState(token: string): OwnerState {
  const [boot, pid, start, namespace = '-'] = token.split('/')
  if (boot === undefined || boot === '-' || boot !== bootId()) return 'otherBoot'
  if (namespace !== '-' && namespace !== pidNamespace()) return 'otherNamespace'
  if (pid === undefined || !/^[1-9]\d*$/.test(pid)) return 'otherNamespace'
  const seen = startTime(Number(pid))
  // A /proc mounted with `hidepid` hides the processes of other users. A signal still reveals them.
  if (seen === undefined) return exists(Number(pid)) ? 'otherNamespace' : 'dead'
  return start === seen ? 'alive' : 'dead'
}

/** False only when the process behind the token is known to be dead. An unknown state counts as alive. */
export function ownerIsAlive(token: string): boolean {
  return ownerState(token) !== 'dead'
}

function bootId(): string | undefined {
  return readText('/proc/sys/kernel/random/boot_id')?.trim()
}

function pidNamespace(): string | undefined {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]
  } catch {
    return undefined
  }
}

/** Undefined when the process is not visible; empty for a zombie. */
function startTime(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // The second field is the program's name in parentheses, which may contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  return state === 'Z' || state === 'X' ? '' : fields[19]
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
