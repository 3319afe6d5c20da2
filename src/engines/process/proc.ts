import { readdirSync, readFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** What `/proc/<pid>/stat` tells of a process, as far as it is of use here. Times are in clock ticks. */
export interface ProcessStat {
  readonly pid: number
  /** `R`, `S`, `D`, `T` (stopped), `Z` (zombie), … */
  readonly state: string
  readonly group: number
  /** Of it and of the children that it has waited for. */
  readonly userTicks: number
  readonly kernelTicks: number
  /** Since the boot. */
  readonly startTicks: number
}

/** Linux counts process times in hundredths of a second for every program, whatever the kernel's own clock. */
export const ticksPerSecond = 100

const perTurn = 100

/** The living processes of some process groups; empty where the system has no `/proc`. */
export async function findGroups(groups: ReadonlySet<number>): Promise<Map<number, ProcessStat[]>> {
  const found = new Map<number, ProcessStat[]>()
  const pids = list('/proc').filter(name => /^\d+$/.test(name))
  for (const [index, pid] of pids.entries()) {
    // These reads never wait for a disk, so that doing them one by one in the open costs a fraction of handing them to a thread each.
    if (index % perTurn === perTurn - 1) await nextTurn()
    const stat = parseStat(read(`/proc/${pid}/stat`))
    if (stat === undefined || !groups.has(stat.group) || stat.state === 'Z' || stat.state === 'X') continue
    const members = found.get(stat.group) ?? []
    members.push(stat)
    found.set(stat.group, members)
  }
  return found
}

/** The size in memory, in bytes; 0 for a process that is gone. */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024
}

/** Bytes that went from and to disks, with those of children that it has waited for; undefined where that may not be read. */
export function diskBytes(pid: number): { readonly read: number; readonly written: number } | undefined {
  const io = read(`/proc/${pid}/io`)
  const [, bytesRead] = /^read_bytes: (\d+)$/m.exec(io) ?? []
  const [, bytesWritten] = /^write_bytes: (\d+)$/m.exec(io) ?? []
  return bytesRead === undefined ? undefined : { read: Number(bytesRead), written: Number(bytesWritten) }
}

/** Seconds since the boot, on the clock that process start times are on. */
export function uptime(): number {
  return Number.parseFloat(read('/proc/uptime'))
}

/** Parses the text of `/proc/<pid>/stat`; undefined for what is not one. */
export function parseStat(text: string): ProcessStat | undefined {
  // The program's name, in parentheses, may hold spaces and parentheses itself.
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

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
