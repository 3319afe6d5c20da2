import assert from 'node:assert/strict'
import type { ConformanceBench, ConformanceTests } from './bench.ts'
import type { PortRun } from './port-run.ts'

const removesAfter =
  (act: (one: PortRun) => Promise<void>) =>
  async ({ run, commands }: ConformanceBench) => {
    const one = run(commands.forever)
    await act(one)
    const removal = one.container.remove()
    assert.equal(one.container.remove(), removal)
    await removal
    assert.equal(one.container.remove(), removal)
  }

export const removeTests: ConformanceTests = {
  'removes what was never prepared, any number of times': removesAfter(async () => {}),
  'removes what was prepared': removesAfter(one => one.prepare()),
  'removes what was started': removesAfter(async one => {
    await one.prepare()
    await one.start()
  }),
  'removes what was frozen': removesAfter(async one => {
    await one.prepare()
    await one.start()
    await one.container.pause()
  }),

  async 'removes what has ended, and keeps its exit'({ run, commands }) {
    const { toExit, container } = run(commands.exit(0))
    await toExit()
    await container.remove()
    assert.equal((await container.wait()).exitCode, 0)
  },

  async 'removes what is being prepared, started or frozen'({ run, running, commands }) {
    const preparing = run(commands.forever)
    const aborting = new AbortController()
    const prepared = preparing.container.prepare(aborting.signal)
    prepared.catch(() => {})
    aborting.abort()
    await preparing.container.remove()
    await prepared.catch(() => {})

    const starting = run(commands.forever)
    await starting.prepare()
    const started = starting.start()
    started.catch(() => {})
    await starting.container.remove()
    await Promise.allSettled([started, starting.container.wait()])

    const { container } = await running()
    const paused = container.pause()
    await Promise.allSettled([paused, container.remove(), container.wait()])
  },

  async 'settles the wait() of what was still running'({ running }) {
    const { container } = await running()
    await container.remove()
    await Promise.allSettled([container.wait()])
  },
}
