import { describe, expect, test } from 'vitest'
import { type EngineSample, toStat } from '../../../src/docker/stats.ts'
import { haveVectors, readVectors } from '../../support/vectors.ts'

interface Vector {
  readonly name: string
  readonly raw: EngineSample
  readonly dropped: boolean
  readonly timestamp: string
  readonly metrics: Readonly<Record<string, string>>
}

const { cases } = readVectors<{ readonly cases: readonly Vector[] }>('cherrypick.json', { cases: [] })

const cpu = ['cpu_user', 'cpu_kernel', 'cpu_total']

/** Where the seed is wrong, what is right instead. */
const better: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'cgroup-v2-no-percpu': { cpu_user: 90, cpu_kernel: 10, cpu_total: 100 },
  'cpu-went-back': { cpu_total: 0 },
  // Where the seed is exact beyond 2^53, a JavaScript number is not.
  'blk-over-2^53': { disk_read: 9007199254740994 },
}

describe.runIf(haveVectors('cherrypick.json'))("the seed's samples", () => {
  test.for(cases.map(vector => [vector.name, vector] as const))(
    '%s',
    ([name, { raw, dropped, timestamp, metrics }]) => {
      const stat = toStat(raw)
      if (dropped) return expect(stat).toBeUndefined()
      expect(stat?.timestamp).toBe(Date.parse(timestamp))
      const expected: Record<string, number> = {}
      for (const [key, value] of Object.entries(metrics)) {
        // Without a sample before it, the seed divides by the time since the host's boot.
        if (cpu.includes(key) && raw.precpu_stats?.system_cpu_usage === undefined) continue
        expected[key] = better[name]?.[key] ?? Number(value)
      }
      expect(stat?.metrics).toEqual(expected)
    },
  )
})

describe('samples of the engine', () => {
  test('of cgroup v2: operations in lower case, no usage per core', () => {
    const stat = toStat({
      read: '2026-01-02T03:04:05Z',
      blkio_stats: {
        io_service_bytes_recursive: [
          { op: 'read', value: 7 },
          { op: 'write', value: 9 },
        ],
      },
      cpu_stats: { online_cpus: 4, system_cpu_usage: 4000, cpu_usage: { total_usage: 500 } },
      precpu_stats: { system_cpu_usage: 0, cpu_usage: { total_usage: 0 } },
    })
    expect(stat?.metrics).toMatchObject({ disk_read: 7, disk_write: 9, cpu_total: 50 })
  })

  test('of the year 1, or of no time, are none', () => {
    expect(toStat({ read: '0001-01-01T00:00:00Z' })).toBeUndefined()
    expect(toStat({ read: 'soon' })).toBeUndefined()
    expect(toStat({})).toBeUndefined()
  })
})
