import { readdirSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { readText } from '../../utils/read-text.ts'

/** The part of `/proc/<pid>/stat` that is used here. Times are in clock ticks. */
export interface ProcessStat {
  readonly pid: number
  /** `R`, `S`, `D`, `T` (stopped), `Z` (zombie), … */
  readonly state: string
  readonly group: number
  /** The time of the process and of the children that it has waited for. */
  readonly userTicks: number
  readonly kernelTicks: number
  /** Since the boot. */
  readonly startTicks: number
}

/** Linux counts process times in hundredths of a second for every program, whatever the kernel's own clock. */
export const ticksPerSecond = 100

const perTurn = 100

/** How often {@link cpuTimeOfEnded} looks whether a process has ended, each time for about 10 µs. */
const looks = 20

/**
 * The CPU time of a process that has ended and is not yet waited for, in ms: its own, and that of the children that it has waited for. A
 * process that exits closes its outputs a moment before. Returns undefined while it lives, and when it is gone.
 */
export function cpuTimeOfEnded(pid: number): number | undefined {
  for (let look = 0; look < looks; look += 1) {
    const stat = parseStat(readText(`/proc/${pid}/stat`) ?? '')
    if (stat === undefined) return undefined
    if (stat.state === 'Z') return ((stat.userTicks + stat.kernelTicks) * 1000) / ticksPerSecond
  }
  return undefined
}

/** The ids of all processes. Empty on a system without `/proc`. */
export function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

/** The living processes of some process groups. Empty on a system without `/proc`. */
export async function findGroups(groups: ReadonlySet<number>): Promise<Map<number, ProcessStat[]>> {
  const found = new Map<number, ProcessStat[]>()
  for (const [index, pid] of processIds().entries()) {
    // These reads never wait for a disk. Synchronous ones cost a fraction of asynchronous ones.
    if (index % perTurn === perTurn - 1) await nextTurn()
    const stat = parseStat(readText(`/proc/${pid}/stat`) ?? '')
    if (stat === undefined || !groups.has(stat.group) || stat.state === 'Z' || stat.state === 'X') continue
    const members = found.get(stat.group) ?? []
    members.push(stat)
    found.set(stat.group, members)
  }
  return found
}

/** The resident size of a process in bytes; 0 after its end. */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1] ?? 0) * 1024
}

/** Bytes read from and written to disks, with those of children that it has waited for; undefined when access is denied. */
export function diskBytes(pid: number): { readonly read: number; readonly written: number } | undefined {
  const io = readText(`/proc/${pid}/io`) ?? ''
  const [, bytesRead] = /^read_bytes: (\d+)$/m.exec(io) ?? []
  const [, bytesWritten] = /^write_bytes: (\d+)$/m.exec(io) ?? []
  return bytesRead === undefined ? undefined : { read: Number(bytesRead), written: Number(bytesWritten) }
}

/** Seconds since the boot, by the clock of process start times. */
export function uptime(): number {
  return Number.parseFloat(readText('/proc/uptime') ?? '')
}

/** Parses the text of `/proc/<pid>/stat`. Returns undefined for any other text. */
export function parseStat(text: string): ProcessStat | undefined {
  // The program's name is in parentheses, and may contain spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const numbers = fields.map(Number)
  const at = (index: number) => numbers[index - 3] ?? 0
  const [state] = fields
  if (state === undefined || fields.length < 20) return undefined
  return {
    pid: Number.parseInt(text, 10),
    state,
    group: at(5),
    userTicks: at(14) + at(16),
    kernelTicks: at(15) + at(17),
    startTicks: at(22),
  }
}
