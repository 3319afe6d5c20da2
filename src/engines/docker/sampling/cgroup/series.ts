import { withRaw } from '../../../../stats/raw.ts'
import type { Stat } from '../../../../stats/stat.ts'
import { present } from '../metrics.ts'
import { SampleTimes } from '../sample-times.ts'
import type { Counters } from './counters.ts'

/** The counters of a group at one moment. */
export interface Reading {
  readonly counters: Counters
  readonly network: { readonly received: number; readonly sent: number }
  /** Unix time in ms. */
  readonly timestamp: number
  /** Time of the monotonic clock, in ms. */
  readonly now: number
}

/** The CPU usage is not computed over a shorter time than this, in ms. */
const minSpan = 10

/**
 * Turns readings of one group into samples with the names and units of the engine's samples. As there, the first sample
 * has no `cpu_user`, `cpu_kernel` and `cpu_total`. Returns undefined for a reading at the time of the last one.
 */
export function seriesOf(totalMemory: number): (reading: Reading) => Stat | undefined {
  let before: Reading | undefined
  const times = new SampleTimes()
  let peak = 0
  return reading => {
    const { counters, network } = reading
    const timestamp = times.timeOf(reading.timestamp, reading.now)
    if (timestamp === undefined) return undefined
    // The kernel's own peak includes the time between readings. Not every kernel has one.
    peak = Math.max(peak, counters.memoryPeak ?? counters.memoryUsage ?? 0)
    const cpu = before === undefined ? {} : cpuUsage(before, reading)
    if (before === undefined || Object.keys(cpu).length > 0) before = reading
    const { memoryUsage: usage, inactiveFile, memoryLimit } = counters
    return withRaw(
      {
        timestamp,
        metrics: {
          net_rx: network.received,
          net_tx: network.sent,
          mem_usage: usage ?? 0,
          mem_limit: Math.min(memoryLimit ?? totalMemory, totalMemory),
          disk_read: counters.diskRead ?? 0,
          disk_write: counters.diskWrite ?? 0,
          ...cpu,
          mem_peak: peak,
          ...present({
            mem_working_set: inactiveFile === undefined ? undefined : Math.max(0, (usage ?? 0) - inactiveFile),
            pids: counters.pids,
            cpu_throttled_periods: counters.throttledPeriods,
            cpu_throttled_ms: inMilliseconds(counters.throttledTime),
          }),
        },
      },
      reading,
    )
  }
}

function cpuUsage(before: Reading, { counters, now }: Reading): Record<string, number> {
  const span = now - before.now
  if (span < minSpan) return {}
  const percent = (name: 'cpuUser' | 'cpuKernel' | 'cpuTotal') => {
    const [from, to] = [before.counters[name], counters[name]]
    return from === undefined || to === undefined ? undefined : Math.max(0, Math.floor((to - from) / 1e4 / span))
  }
  return present({ cpu_user: percent('cpuUser'), cpu_kernel: percent('cpuKernel'), cpu_total: percent('cpuTotal') })
}

function inMilliseconds(nanoseconds: number | undefined): number | undefined {
  return nanoseconds === undefined ? undefined : Math.floor(nanoseconds / 1e6)
}
