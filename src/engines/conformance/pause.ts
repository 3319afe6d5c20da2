import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { ConformanceTests } from './bench.ts'

export const pauseTests: ConformanceTests = {
  async 'freezes and thaws, each any number of times'({ running }) {
    const { container } = await running()
    await container.pause()
    await container.pause()
    await container.unpause()
    await container.unpause()
    await Promise.all([container.pause(), container.pause()])
    await container.unpause()
    await container.kill()
    assert.equal((await container.wait()).exitCode, 137)
  },

  async 'runs nothing while frozen, and everything afterwards'({ running, commands }) {
    const { container, stdout } = await running(commands.chatter)
    await stdout.next()
    await container.pause()
    // Output in transit may still arrive. The silence after it must not end.
    for (let size = -1; size !== stdout.size; await delay(100)) size = stdout.size
    const { size } = stdout
    await delay(300)
    assert.equal(stdout.size, size)
    const next = stdout.next()
    await container.unpause()
    await next
  },

  async 'rejects for a container that has ended'({ run, commands }) {
    const { toExit, container } = run(commands.exit(0))
    await toExit()
    await assert.rejects(container.pause(), { code: 'ERR_COOKIETIN_INVALID_STATE' })
  },
}
