import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { samples$ } from '../../../../../src/engines/docker/sampling/engine-samples.ts'
import { rawSample } from '../../../../../src/index.ts'
import type { Stat } from '../../../../../src/stats/stat.ts'
import { deferred } from '../../../../../src/utils/deferred.ts'

const read = (second: number) => `2026-01-02T03:04:${String(second).padStart(2, '0')}Z`
const sample = (second: number) => ({ read: read(second), memory_stats: { usage: 1000 + second } })
const zeroed = { read: '0001-01-01T00:00:00Z', memory_stats: {}, cpu_stats: {}, pids_stats: {} }

/** The samples of several streams, each opened after the end of the last one. The last stream does not end. */
async function sampled(streams: readonly (readonly object[])[], expected: number) {
  const ended = deferred<void>()
  const opened: Readable[] = []
  const stats: Stat[] = []
  await new Promise<void>((resolve, reject) => {
    samples$({
      async open() {
        const lines = streams[opened.length] ?? []
        const isLast = opened.length >= streams.length - 1
        const stream = new Readable({ read() {} })
        for (const line of lines) stream.push(`${JSON.stringify(line)}\n`)
        if (!isLast) stream.push(null)
        opened.push(stream)
        return stream as never
      },
      started: Promise.resolve(),
      ended: ended.promise,
    }).subscribe({
      next(stat) {
        stats.push(stat)
        if (stats.length === expected) ended.resolve()
      },
      error: reject,
      complete: resolve,
    })
  })
  return { stats, opened }
}

describe('the samples of a container', () => {
  test('are taken only while it runs, in the order of time', async () => {
    const hollow = { ...zeroed, read: read(4) }
    const lines = [zeroed, sample(1), sample(1), sample(3), sample(2), zeroed, hollow, { message: 'odd' }, sample(5)]
    const { stats, opened } = await sampled([lines], 3)
    expect(stats.map(({ metrics }) => metrics.mem_usage)).toEqual([1001, 1003, 1005])
    expect(rawSample(stats[0] as Stat)).toEqual(sample(1))
    expect(opened.map(({ destroyed }) => destroyed)).toEqual([true])
  })

  test('continue after a broken stream', async () => {
    const { stats, opened } = await sampled([[sample(1)], [sample(1), sample(2)]], 2)
    expect(stats.map(({ metrics }) => metrics.mem_usage)).toEqual([1001, 1002])
    expect(opened.map(({ destroyed }) => destroyed)).toEqual([true, true])
  })
})
