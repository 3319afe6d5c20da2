import type { Stat } from '../../../stats/stat.ts'

/** What a sample of the engine holds, as far as we read it. Nothing in it is sure to be there. */
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
 * A sample of the engine in Fn's names and units; undefined for the empty samples that it sends of a container that does not
 * run (their `read` is in the year 1).
 *
 * - `mem_usage` counts the page cache, as Fn's does; `mem_working_set` does not count the part of it that is not in active use, as the
 *   docker CLI shows it.
 * - `cpu_user`, `cpu_kernel` and `cpu_total` are whole percents of one core over the time since the sample before. They are left out of the
 *   first sample, which has none before it (Fn divided by the time since the host's boot), and are 0, not 10^12, when a counter went back.
 * - What the engine does not tell, such as `mem_peak` with cgroup v2, is left out.
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

/** True for the sample of a container that died while it was taken: it has a time, and nothing else. */
export function isHollow({ memory_stats: memory, cpu_stats: cpu }: EngineSample): boolean {
  return memory?.usage === undefined && cpu?.system_cpu_usage === undefined
}

function cpuMetrics(now: CpuSample = {}, before: CpuSample = {}): Record<string, number> {
  if (before.system_cpu_usage === undefined) return {}
  const span = (now.system_cpu_usage ?? 0) - before.system_cpu_usage
  // cgroup v2 has no usage per core, which Fn counted: it saw 0 cores, and 0 %.
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

/** What Fn does not have. */
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

/** The metrics that there are. */
export function present(metrics: Readonly<Record<string, number | undefined>>): Record<string, number> {
  const there = Object.entries(metrics).filter((entry): entry is [string, number] => entry[1] !== undefined)
  return Object.fromEntries(there)
}

function sum(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0)
}
