import { expect, test } from 'vitest'
import { statsTable } from '../../../../../src/cli/commands/runs/stats-table.ts'
import type { SampledRun } from '../../../../../src/cli/drivers/runs/watch-stats.ts'

const run = (id: string): SampledRun['run'] => ({
  ...{ id, container: 'aa', name: 'n', image: 'busybox', kind: 'run', state: 'running', pid: 1, owned: true },
  ...{ created: 0, labels: {}, mayBeFrozen: false },
})

test('the table has the units of docker stats, and a dash for what is not known', () => {
  const metrics = {
    ...{ cpu_total: 50, mem_usage: 4_194_304, mem_working_set: 2_097_152, mem_limit: 8_388_608, pids: 3 },
    ...{ net_rx: 1_040, net_tx: 0, disk_read: 2_000_000, disk_write: 0 },
  }
  const lines = statsTable([
    { run: run('job'), stat: { timestamp: 0, metrics } },
    { run: run('new\u001b'), stat: undefined },
  ])
  expect(lines.map(line => line.split(/ {2,}/))).toEqual([
    ['ID', 'CPU', 'MEMORY / LIMIT', 'MEM %', 'NET IN / OUT', 'DISK READ / WRITE', 'PIDS'],
    ['job', '50 %', '2 MiB / 8 MiB', '25.0 %', '1.04 kB / 0 B', '2 MB / 0 B', '3'],
    ['new�', '-', '-', '-', '-', '-', '-'],
  ])
})
