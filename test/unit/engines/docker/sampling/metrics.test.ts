import { describe, expect, test } from 'vitest'
import { type EngineSample, isHollow, toStat } from '../../../../../src/engines/docker/sampling/metrics.ts'
import { readVectors } from '../../../../support/vectors.ts'

interface Vector {
  readonly name: string
  readonly raw: EngineSample
  readonly dropped: boolean
  readonly timestamp: string
  readonly metrics: Readonly<Record<string, string>>
}

const fnNames = new Set([
  ...['net_rx', 'net_tx', 'mem_limit', 'mem_usage', 'disk_read', 'disk_write'],
  ...['cpu_user', 'cpu_total', 'cpu_kernel'],
])

const { cases } = readVectors<{ readonly cases: readonly Vector[] }>('cherrypick.json')

/** Fn's nine metrics. */
const fnMetrics = (metrics: Readonly<Record<string, number>> = {}) =>
  Object.fromEntries(Object.entries(metrics).filter(([name]) => fnNames.has(name)))

const cpu = ['cpu_user', 'cpu_kernel', 'cpu_total']

/** The right values for those that Fn gets wrong. */
const better: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'cgroup-v2-no-percpu': { cpu_user: 90, cpu_kernel: 10, cpu_total: 100 },
  'cpu-went-back': { cpu_total: 0 },
  // Fn is exact above 2^53; a JavaScript number is not.
  'blk-over-2^53': { disk_read: 9007199254740994 },
}

describe("Fn's samples", () => {
  test.for(cases.map(vector => [vector.name, vector] as const))(
    '%s',
    ([name, { raw, dropped, timestamp, metrics }]) => {
      const stat = toStat(raw)
      if (dropped) return expect(stat).toBeUndefined()
      expect(stat?.timestamp).toBe(Date.parse(timestamp))
      const expected: Record<string, number> = {}
      for (const [key, value] of Object.entries(metrics)) {
        // Without an earlier sample, Fn divides by the time since the host's boot.
        if (cpu.includes(key) && raw.precpu_stats?.system_cpu_usage === undefined) continue
        expected[key] = better[name]?.[key] ?? Number(value)
      }
      expect(fnMetrics(stat?.metrics)).toEqual(expected)
    },
  )
})

describe('samples of the engine', () => {
  test('of cgroup v2 have operations in lower case and no usage per core', () => {
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

  test("have metrics beyond Fn's: the working set, the peak, processes, throttling", () => {
    const more = {
      memory_stats: { usage: 900, max_usage: 1000, stats: { total_inactive_file: 300, inactive_file: 200 } },
      pids_stats: { current: 3 },
      cpu_stats: { throttling_data: { throttled_periods: 4, throttled_time: 5_999_999 } },
    }
    expect(toStat({ read: '2026-01-02T03:04:05Z', ...more })?.metrics).toMatchObject({
      mem_working_set: 600,
      mem_peak: 1000,
      pids: 3,
      cpu_throttled_periods: 4,
      cpu_throttled_ms: 5,
    })
  })

  test('of cgroup v2 have no peak, and another name for the inactive cache', () => {
    const memory_stats = { usage: 900, stats: { inactive_file: 1000 } }
    const metrics = toStat({ read: '2026-01-02T03:04:05Z', memory_stats })?.metrics
    expect(metrics).toMatchObject({ mem_usage: 900, mem_working_set: 0 })
    expect(Object.keys(metrics ?? {})).not.toContain('mem_peak')
    expect(Object.keys(metrics ?? {})).not.toContain('pids')
  })

  test('of the year 1, or without a time, are dropped', () => {
    expect(toStat({ read: '0001-01-01T00:00:00Z' })).toBeUndefined()
    expect(toStat({ read: 'soon' })).toBeUndefined()
    expect(toStat({})).toBeUndefined()
  })

  test('without values are recognized', () => {
    const empty = {
      memory_stats: {},
      cpu_stats: {},
      precpu_stats: {},
      networks: null,
      blkio_stats: { io_service_bytes_recursive: null },
    }
    expect([{}, empty, { memory_stats: { usage: 0 } }, { cpu_stats: { system_cpu_usage: 1 } }].map(isHollow)).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})
