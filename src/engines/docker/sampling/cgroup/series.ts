import { withRaw } from '../../../../stats/raw.ts'
import type { Stat } from '../../../../stats/stat.ts'
import { present } from '../metrics.ts'
import type { Counters } from './counters.ts'

/** One look at a group. */
export interface Look {
  readonly counters: Counters
  readonly network: { readonly received: number; readonly sent: number }
  /** Unix time in ms. */
  readonly timestamp: number
  /** On a clock that is never set, in ms. */
  readonly now: number
}

/** Over a shorter time than this, in ms, a share of the CPU says nothing. */
const leastSpan = 10

/**
 * Makes samples of the looks at one group, in the names and units of the engine's samples. As there, the first has no `cpu_user`, `cpu_kernel` and
 * `cpu_total`. Gives undefined for a look that is not later than the one before.
 */
export function seriesOf(totalMemory: number): (look: Look) => Stat | undefined {
  let before: Look | undefined
  let last = 0
  let peak = 0
  return look => {
    const { counters, network, timestamp } = look
    if (timestamp <= last) return undefined
    last = timestamp
    // The kernel's own counts what happens between looks; not every kernel has one.
    peak = Math.max(peak, counters.memoryPeak ?? counters.memoryUsage ?? 0)
    const cpu = before === undefined ? {} : share(before, look)
    if (before === undefined || Object.keys(cpu).length > 0) before = look
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
      look,
    )
  }
}

function share(before: Look, { counters, now }: Look): Record<string, number> {
  const span = now - before.now
  if (span < leastSpan) return {}
  const percent = (name: 'cpuUser' | 'cpuKernel' | 'cpuTotal') => {
    const [from, to] = [before.counters[name], counters[name]]
    return from === undefined || to === undefined ? undefined : Math.max(0, Math.floor((to - from) / 1e4 / span))
  }
  return present({ cpu_user: percent('cpuUser'), cpu_kernel: percent('cpuKernel'), cpu_total: percent('cpuTotal') })
}

function inMilliseconds(nanoseconds: number | undefined): number | undefined {
  return nanoseconds === undefined ? undefined : Math.floor(nanoseconds / 1e6)
}
