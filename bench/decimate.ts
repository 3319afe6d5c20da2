// Reducing samples of nine metrics to 240 points: at once, sample by sample, and by a transcription of Fn's algorithm.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { decimate } from '../src/index.ts'
import { StatAccumulator } from '../src/stats/decimate-sink.ts'
import type { Stat } from '../src/stats/stat.ts'
import { compare, roundsOr } from './support/compare.ts'
import { fnDecimate } from './support/fn-decimate.ts'
import { type Table, tableOf } from './support/table.ts'

const points = 240

/** The sample of a second. Each round makes new samples, since the transcription changes its input. */
function sampleAt(second: number): Stat {
  return {
    timestamp: 1_767_323_045_000 + second * 1003,
    metrics: {
      net_rx: second * 700,
      net_tx: second * 90,
      mem_limit: 134_217_728,
      mem_usage: 52_428_800 + (second % 97) * 4096,
      disk_read: second * 512,
      disk_write: second * 1024,
      cpu_user: second % 90,
      cpu_total: second % 101,
      cpu_kernel: second % 11,
    },
  }
}

function accumulate(stats: Iterable<Stat>): readonly Stat[] {
  const kept = new StatAccumulator(points)
  for (const stat of stats) kept.push(stat)
  return kept.points()
}

/** The heap after a number of samples of one run. The samples themselves are not kept. */
function heap(): Table {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const kept = new StatAccumulator(points)
  const values = new Map<string, number[]>()
  let second = 0
  for (const until of [1e3, 1e4, 1e5, 1e6, 3e6]) {
    while (second < until) kept.push(sampleAt(second++))
    collect()
    values.set(`${until.toLocaleString('en')} samples`, [process.memoryUsage().heapUsed / 2 ** 20])
  }
  return tableOf('the heap while samples are added', values, { unit: 'MiB', peer: null })
}

export default async function decimating(): Promise<readonly Table[]> {
  const tables = [heap()]
  for (const [count, rounds] of [
    [1e3, 200],
    [1e5, 15],
    [1e6, 5],
  ] as const) {
    let stats: Stat[] = []
    const before = () => {
      stats = Array.from({ length: count }, (_, second) => sampleAt(second))
    }
    tables.push(
      await compare(
        `${count.toLocaleString('en')} samples of nine metrics to ${points} points`,
        [
          { name: 'decimate', before, run: async () => decimate(points, stats) },
          { name: 'sample by sample (StatAccumulator)', before, run: async () => accumulate(stats) },
          { name: "Fn's algorithm, transcribed", before, run: async () => fnDecimate(points, stats) },
        ],
        { rounds: roundsOr(rounds) },
      ),
    )
  }
  return tables
}
