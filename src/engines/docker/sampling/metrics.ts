import type { Stat } from '../../../stats/stat.ts'

/** The fields of the engine's samples that are read. Any of them may be missing. */
export interface EngineSample {
  readonly read?: string
  readonly networks?: Readonly<Record<string, { readonly rx_bytes?: number; readonly tx_bytes?: number }>> | null
  readonly memory_stats?: {
    readonly usage?: number
    readonly limit?: number
    /** Only with cgroup v1. */
    readonly max_usage?: number
    readonly stats?: Readonly<Record<string, number>> | null
  }
  readonly pids_stats?: { readonly current?: number }
  readonly blkio_stats?: {
    readonly io_service_bytes_recursive?: readonly { readonly op?: string; readonly value?: number }[] | null
  }
  readonly cpu_stats?: CpuSample
  readonly precpu_stats?: CpuSample
}

interface CpuSample {
  readonly online_cpus?: number
  readonly system_cpu_usage?: number
  readonly cpu_usage?: {
    readonly total_usage?: number
    readonly usage_in_usermode?: number
    readonly usage_in_kernelmode?: number
    readonly percpu_usage?: readonly number[] | null
  }
  readonly throttling_data?: { readonly throttled_periods?: number; readonly throttled_time?: number }
}

/**
 * Converts a sample of the engine to Fn's names and units. Returns undefined for the empty samples of a container that
 * does not run, whose `read` is in the year 1.
 *
 * - `mem_usage` includes the page cache, as in Fn. `mem_working_set` excludes its inactive part, as in the docker CLI.
 * - `cpu_user`, `cpu_kernel` and `cpu_total` are whole percents of one core since the last sample. They are missing in
 *   the first sample (Fn divided by the time since the host's boot). They are 0, not 10^12, when a counter went back.
 * - Values that the engine does not report are left out, such as `mem_peak` with cgroup v2.
 */
export function toStat(sample: EngineSample): Stat | undefined {
  const timestamp = Date.parse(sample.read ?? '')
  if (!(timestamp > 0)) return undefined
  const networks = Object.values(sample.networks ?? {})
  const blocks = sample.blkio_stats?.io_service_bytes_recursive ?? []
  return {
    timestamp,
    metrics: {
      net_rx: sum(networks.map(network => network.rx_bytes)),
      net_tx: sum(networks.map(network => network.tx_bytes)),
      mem_usage: sample.memory_stats?.usage ?? 0,
      mem_limit: sample.memory_stats?.limit ?? 0,
      disk_read: sum(blocks.map(block => (block.op?.toLowerCase() === 'read' ? block.value : 0))),
      disk_write: sum(blocks.map(block => (block.op?.toLowerCase() === 'write' ? block.value : 0))),
      ...cpuMetrics(sample.cpu_stats, sample.precpu_stats),
      ...furtherMetrics(sample),
    },
  }
}

/** True for the sample of a container that died while it was taken: it has a time but no values. */
export function isHollow({ memory_stats: memory, cpu_stats: cpu }: EngineSample): boolean {
  return memory?.usage === undefined && cpu?.system_cpu_usage === undefined
}

function cpuMetrics(now: CpuSample = {}, before: CpuSample = {}): Record<string, number> {
  if (before.system_cpu_usage === undefined) return {}
  const span = (now.system_cpu_usage ?? 0) - before.system_cpu_usage
  // cgroup v2 has no usage per core. Fn counted these entries, and so reported 0 %.
  const cores = now.online_cpus || now.cpu_usage?.percpu_usage?.length || 0
  const percent = (name: 'total_usage' | 'usage_in_usermode' | 'usage_in_kernelmode') => {
    const used = (now.cpu_usage?.[name] ?? 0) - (before.cpu_usage?.[name] ?? 0)
    return span > 0 && used > 0 ? Math.floor((used / span) * cores * 100) : 0
  }
  return {
    cpu_user: percent('usage_in_usermode'),
    cpu_kernel: percent('usage_in_kernelmode'),
    cpu_total: percent('total_usage'),
  }
}

/** The metrics that Fn does not have. */
function furtherMetrics({
  memory_stats: memory,
  pids_stats: pids,
  cpu_stats: cpu,
}: EngineSample): Record<string, number> {
  const inactive = memory?.stats?.total_inactive_file ?? memory?.stats?.inactive_file
  const { throttled_periods: periods, throttled_time: nanoseconds } = cpu?.throttling_data ?? {}
  return present({
    mem_peak: memory?.max_usage,
    mem_working_set: inactive === undefined ? undefined : Math.max(0, (memory?.usage ?? 0) - inactive),
    pids: pids?.current,
    cpu_throttled_periods: periods,
    cpu_throttled_ms: nanoseconds === undefined ? undefined : Math.floor(nanoseconds / 1e6),
  })
}

/** Drops the metrics that are undefined. */
export function present(metrics: Readonly<Record<string, number | undefined>>): Record<string, number> {
  const there = Object.entries(metrics).filter((entry): entry is [string, number] => entry[1] !== undefined)
  return Object.fromEntries(there)
}

function sum(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0)
}
