import type { Controller } from './mounts.ts'

/** The counters of a control group at one moment. Values that the kernel does not report are undefined. */
export interface Counters {
  /** CPU time in ns since the group began. */
  readonly cpuTotal: number
  readonly cpuUser: number | undefined
  readonly cpuKernel: number | undefined
  readonly throttledPeriods: number | undefined
  /** ns. */
  readonly throttledTime: number | undefined
  /** Bytes, like the next five. */
  readonly memoryUsage: number | undefined
  /** Infinity: no limit. */
  readonly memoryLimit: number | undefined
  readonly memoryPeak: number | undefined
  readonly inactiveFile: number | undefined
  readonly diskRead: number | undefined
  readonly diskWrite: number | undefined
  /** Processes and threads. */
  readonly pids: number | undefined
}

/** The controllers whose files are read. */
export const controllers = ['cpu', 'cpuacct', 'memory', 'blkio', 'pids'] as const satisfies readonly Controller[]

/** Reads a file of a group. Returns undefined when it does not exist. */
export type ReadFile = (controller: Controller, file: string) => string | undefined

/** Reads the counters of a cgroup v1 group. Returns undefined when the group is gone. */
export function readV1(read: ReadFile): Counters | undefined {
  const cpuTotal = numberIn(read('cpuacct', 'cpuacct.usage'))
  if (cpuTotal === undefined) return undefined
  const throttling = read('cpu', 'cpu.stat')
  const disk = read('blkio', 'blkio.throttle.io_service_bytes_recursive')
  const limit = numberIn(read('memory', 'memory.limit_in_bytes'))
  return {
    cpuTotal,
    cpuUser: numberIn(read('cpuacct', 'cpuacct.usage_user')),
    cpuKernel: numberIn(read('cpuacct', 'cpuacct.usage_sys')),
    throttledPeriods: field(throttling, 'nr_throttled'),
    throttledTime: field(throttling, 'throttled_time'),
    memoryUsage: numberIn(read('memory', 'memory.usage_in_bytes')),
    // The kernel reports a missing limit as the largest number of pages that it can count.
    memoryLimit: limit === undefined || limit < 2 ** 62 ? limit : Number.POSITIVE_INFINITY,
    memoryPeak: numberIn(read('memory', 'memory.max_usage_in_bytes')),
    inactiveFile: field(read('memory', 'memory.stat'), 'total_inactive_file'),
    diskRead: sumOf(disk, /^\S+ Read (\d+)$/gm),
    diskWrite: sumOf(disk, /^\S+ Write (\d+)$/gm),
    pids: numberIn(read('pids', 'pids.current')),
  }
}

/** Reads the counters of a cgroup v2 group. Returns undefined when the group is gone. */
export function readV2(read: ReadFile): Counters | undefined {
  const cpu = read('cpu', 'cpu.stat')
  const total = field(cpu, 'usage_usec')
  if (total === undefined) return undefined
  const nanoseconds = (name: string) => {
    const microseconds = field(cpu, name)
    return microseconds === undefined ? undefined : microseconds * 1000
  }
  const disk = read('blkio', 'io.stat')
  const limit = read('memory', 'memory.max')
  return {
    cpuTotal: total * 1000,
    cpuUser: nanoseconds('user_usec'),
    cpuKernel: nanoseconds('system_usec'),
    throttledPeriods: field(cpu, 'nr_throttled'),
    throttledTime: nanoseconds('throttled_usec'),
    memoryUsage: numberIn(read('memory', 'memory.current')),
    memoryLimit: limit?.trim() === 'max' ? Number.POSITIVE_INFINITY : numberIn(limit),
    memoryPeak: numberIn(read('memory', 'memory.peak')),
    inactiveFile: field(read('memory', 'memory.stat'), 'inactive_file'),
    diskRead: sumOf(disk, /\brbytes=(\d+)/g),
    diskWrite: sumOf(disk, /\bwbytes=(\d+)/g),
    pids: numberIn(read('pids', 'pids.current')),
  }
}

/** Bytes received and sent in a network namespace, without loopback. `text` is that of `/proc/<pid>/net/dev`. */
export function networkBytes(text: string): { readonly received: number; readonly sent: number } {
  const rows = [...text.matchAll(/^\s*([^\s:]+):\s*(.*)$/gm)].filter(([, name]) => name !== 'lo')
  const numbers = rows.map(([, , columns = '']) => columns.trim().split(/\s+/).map(Number))
  return {
    received: numbers.reduce((sum, columns) => sum + (columns[0] ?? 0), 0),
    sent: numbers.reduce((sum, columns) => sum + (columns[8] ?? 0), 0),
  }
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined
}

function field(text: string | undefined, name: string): number | undefined {
  return numberIn(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1])
}

function sumOf(text: string | undefined, pattern: RegExp): number | undefined {
  return text === undefined
    ? undefined
    : [...text.matchAll(pattern)].reduce((sum, [, value]) => sum + Number(value ?? 0), 0)
}
