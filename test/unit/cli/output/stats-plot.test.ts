import { totalmem } from 'node:os'
import { stripVTControlCharacters } from 'node:util'
import picocolors from 'picocolors'
import { describe, expect, it } from 'vitest'
import { plotStats, plotWidth } from '../../../../src/cli/output/stats-plot.ts'
import type { Stat } from '../../../../src/stats/stat.ts'

const MiB = 2 ** 20
const plain = { width: 60, height: 5, colors: picocolors.createColors(false) }

/** A second apart. The first has no CPU, as the engine's first sample. */
const stats: readonly Stat[] = [undefined, 100, 50, 0].map((cpu, second) => ({
  timestamp: 1_767_323_045_000 + second * 1000,
  metrics: { ...(cpu !== undefined && { cpu_total: cpu }), mem_usage: (second + 1) * 10 * MiB, mem_limit: 64 * MiB },
}))

describe('the plot of a run', () => {
  it('shows the CPU and the memory over time', async () => {
    expect(await plotStats(stats, plain)).toEqual([
      'CPU: mean 50 %, peak 100 % of a core',
      '   100 %┤━━━━━━━━━━━━━━━━━━━━━━━┓',
      '        │                       ┃',
      '    50 %┤                       ┗━━━━━━━━━━━━━━━━━━━━━━┓',
      '        │                                              ┃',
      '     0 %┤                                              ┗━',
      '        └┬──────────────────────────────────────────────┬▶',
      '      1.0s                                           3.0s',
      'Memory: peak 40 MiB of 64 MiB',
      '  40 MiB┤                                              ┏━',
      '        │                              ┏━━━━━━━━━━━━━━━┛',
      '  20 MiB┤               ┏━━━━━━━━━━━━━━┛',
      '        │━━━━━━━━━━━━━━━┛',
      '   0 MiB┤',
      '        └┬──────────────────────────────────────────────┬▶',
      '      0.0s                                           3.0s',
    ])
  })

  it.each([40, 60, 80, 120])('is at most %i characters wide', async width => {
    const long = Array.from({ length: 240 }, (_, index) => ({
      timestamp: index * 1000,
      metrics: { cpu_total: index % 7, mem_usage: index * 1e9 },
    }))
    const lines = await plotStats(long, { ...plain, width })
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(width)
    expect(Math.max(...lines.slice(1).map(line => line.length))).toBeGreaterThan(width - 8)
  })

  it('has colors only if they are on, around the same text', async () => {
    const colored = await plotStats(stats, { ...plain, colors: picocolors.createColors(true) })
    expect(colored.join('\n')).toContain('\u001b[')
    expect(colored.map(stripVTControlCharacters)).toEqual(await plotStats(stats, plain))
    expect((await plotStats(stats, plain)).join('\n')).not.toContain('\u001b[')
  })

  it('shows the true peak if the samples have it', async () => {
    const [first] = stats
    const peaked = [{ timestamp: 0, metrics: { ...first?.metrics, mem_peak: 63 * MiB } }]
    expect(await plotStats(peaked, plain)).toEqual([
      'CPU: too short to measure',
      'Memory: peak 63 MiB of 64 MiB, between two samples',
    ])
    const seen = [{ timestamp: 0, metrics: { ...first?.metrics, mem_peak: 10 * MiB + 1 } }]
    expect((await plotStats(seen, plain)).at(-1)).toBe('Memory: peak 10 MiB of 64 MiB')
  })

  it('shows no limit if it is the memory of the machine', async () => {
    const unlimited = [{ timestamp: 0, metrics: { mem_usage: MiB, mem_limit: totalmem() } }]
    expect((await plotStats(unlimited, plain)).at(-1)).toBe('Memory: peak 1 MiB')
  })

  it.each([
    [0, ['10 %', '5 %', '0 %', '2 MiB', '1 MiB', '0 MiB']],
    [3, ['10 %', '5 %', '0 %', '4 MiB', '2 MiB', '0 MiB']],
    [11, ['20 %', '10 %', '0 %', '20 MiB', '10 MiB', '0 MiB']],
    [101, ['200 %', '100 %', '0 %', '200 MiB', '100 MiB', '0 MiB']],
    [9000, ['10000 %', '5000 %', '0 %', '10000 MiB', '5000 MiB', '0 MiB']],
  ])('has labels that can be read for a run that comes to %i', async (most, expected) => {
    const series = [0, most / 3, most].map((value, second) => ({
      timestamp: second * 1000,
      metrics: { cpu_total: value, mem_usage: value * MiB },
    }))
    const labels = (await plotStats(series, plain)).flatMap(line => /^ *(\S+ \S+)┤/.exec(line)?.[1] ?? [])
    expect(labels).toEqual(expected)
  })

  it('reports that there are no samples, with a hint', async () => {
    expect(await plotStats([], plain)).toEqual(['no samples: it ended before the first one'])
    const hinted = await plotStats([], { ...plain, hint: 'ask for more' })
    expect(hinted).toEqual(['no samples: it ended before the first one; ask for more'])
  })

  it('has the width of the terminal, from 40 to 120', () => {
    expect([undefined, 0, 10, 100, 300].map(plotWidth)).toEqual([80, 80, 40, 100, 120])
  })
})
