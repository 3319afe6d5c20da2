import assert from 'node:assert/strict'
import { lastValueFrom, toArray } from 'rxjs'
import type { ConformanceTests } from './bench.ts'

export const statsTests: ConformanceTests = {
  async 'emits samples in the order of time while it runs, and completes at the end'({ run, commands }) {
    const { toExit, container } = run(commands.aWhile)
    const samples = lastValueFrom(container.stats$.pipe(toArray()))
    await toExit()
    const seen = await samples
    assert.ok(seen.length > 0, 'no sample was emitted')
    const times = seen.map(({ timestamp }) => timestamp)
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    )
    for (const { metrics } of seen) {
      assert.ok((metrics.mem_usage ?? 0) > 0, 'mem_usage is not positive')
      assert.ok(Object.values(metrics).every(value => Number.isFinite(value) && value >= 0))
    }
  },

  async 'completes for late subscribers, and for what was never started'({ run, commands }) {
    const { toExit, container } = run(commands.exit(0))
    await toExit()
    assert.deepEqual(await lastValueFrom(container.stats$.pipe(toArray())), [])
    const unstarted = run(commands.exit(0)).container
    const samples = lastValueFrom(unstarted.stats$.pipe(toArray()))
    await unstarted.remove()
    assert.deepEqual(await samples, [])
  },

  async 'stops sampling when the last subscriber leaves'({ running }) {
    const { container } = await running()
    container.stats$.subscribe().unsubscribe()
    await container.kill()
    await container.wait()
  },
}
