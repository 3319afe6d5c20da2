import { readFileSync, readlinkSync } from 'node:fs'

/**
 * What is known of the process behind an owner token.
 *
 * `'otherBoot'`: it ran before this host's last boot, or on another host. `'otherNamespace'`: it runs, or ran, where this
 * process cannot see, such as in another container. Only `'dead'` is a proof that nobody owns the thing any more.
 */
export type OwnerState = 'alive' | 'dead' | 'otherBoot' | 'otherNamespace'

let current: string | undefined

/**
 * This process, told apart from every other one, on this host and after a reboot:
 * `<boot id>/<pid>/<start time in clock ticks since the boot>/<pid namespace>`.
 *
 * A pid alone is used again soon; a pid with its start time is not. Where the system has no `/proc`, the parts that cannot be
 * known are `-`, and nobody will take this process for dead.
 */
export function currentOwner(): string {
  current ??= [bootId() ?? '-', process.pid, startTime(process.pid) ?? '-', pidNamespace() ?? '-'].join('/')
  return current
}

/** What is known of the process that `token`, from {@link currentOwner} of any process, stands for. */
export function ownerState(token: string): OwnerState {
  const [boot, pid, start, namespace = '-'] = token.split('/')
  if (boot === undefined || boot === '-' || boot !== bootId()) return 'otherBoot'
  if (namespace !== '-' && namespace !== pidNamespace()) return 'otherNamespace'
  if (pid === undefined || !/^[1-9]\d*$/.test(pid)) return 'otherNamespace'
  const seen = startTime(Number(pid))
  // A /proc mounted with `hidepid` shows no processes of other users, but a signal still tells that there is one.
  if (seen === undefined) return exists(Number(pid)) ? 'otherNamespace' : 'dead'
  return start === seen ? 'alive' : 'dead'
}

/** False only when the process behind the token is known to be gone: what cannot be known counts as alive. */
export function ownerIsAlive(token: string): boolean {
  return ownerState(token) !== 'dead'
}

function bootId(): string | undefined {
  return read('/proc/sys/kernel/random/boot_id')?.trim()
}

function pidNamespace(): string | undefined {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]
  } catch {
    return undefined
  }
}

/** Undefined when no such process can be seen, empty for a zombie. */
function startTime(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
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

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
