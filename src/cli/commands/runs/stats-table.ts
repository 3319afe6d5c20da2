import type { SampledRun } from '../../drivers/runs/watch-stats.ts'
import { columns, shorten } from '../../output/columns.ts'
import { formatBytes, formatMemory } from '../../output/format.ts'
import { printable } from '../../output/printable.ts'

const header = ['ID', 'CPU', 'MEMORY / LIMIT', 'MEM %', 'NET IN / OUT', 'DISK READ / WRITE', 'PIDS']
/** Characters of an id in the table. */
const idWidth = 40

/** A table like that of `docker stats`: memory without the page cache that can be dropped, CPU in percents of one core. */
export function statsTable(runs: readonly SampledRun[]): string[] {
  return columns([header, ...runs.map(rowOf)])
}

function rowOf({ run, stat }: SampledRun): string[] {
  const id = shorten(printable(run.id), idWidth)
  if (stat === undefined) return [id, '-', '-', '-', '-', '-', '-']
  const { metrics } = stat
  const { mem_working_set: memory = metrics.mem_usage ?? 0, mem_limit: limit = 0, cpu_total: cpu, pids } = metrics
  return [
    id,
    cpu === undefined ? '-' : `${cpu} %`,
    `${formatMemory(memory)} / ${formatMemory(limit)}`,
    limit === 0 ? '-' : `${((100 * memory) / limit).toFixed(1)} %`,
    `${formatBytes(metrics.net_rx ?? 0)} / ${formatBytes(metrics.net_tx ?? 0)}`,
    `${formatBytes(metrics.disk_read ?? 0)} / ${formatBytes(metrics.disk_write ?? 0)}`,
    pids === undefined ? '-' : String(pids),
  ]
}
