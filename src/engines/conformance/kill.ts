import assert from 'node:assert/strict'
import { assertExit } from './assert-exit.ts'
import type { ConformanceTests } from './bench.ts'

export const killTests: ConformanceTests = {
  async 'ends a running and a frozen container'({ running }) {
    for (const freeze of [false, true]) {
      const { container, events } = await running()
      if (freeze) await container.pause()
      await container.kill()
      await container.kill()
      assertExit(await container.wait(), { exitCode: 137, oomKilled: false })
      assert.deepEqual(events, ['exitSeen'])
    }
  },

  async 'does nothing to a container that has ended, or was never started'({ run, commands }) {
    const ended = run(commands.exit(0))
    await ended.toExit()
    await ended.container.kill()
    const unstarted = run(commands.forever)
    await unstarted.container.kill()
    await unstarted.container.remove()
  },

  async 'ends a container that is being started'({ run, commands }) {
    const { prepare, start, container } = run(commands.forever)
    await prepare()
    const started = start()
    await container.kill()
    await started
    assert.equal((await container.wait()).exitCode, 137)
  },
}
