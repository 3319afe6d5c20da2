import assert from 'node:assert/strict'
import type { ConformanceTests } from './bench.ts'

export const prepareTests: ConformanceTests = {
  async 'rejects when its signal was aborted before'({ run, commands }) {
    const { container } = run(commands.exit(0))
    await assert.rejects(container.prepare(AbortSignal.abort()))
    await container.remove()
  },

  async 'ignores its signal afterwards'({ run, commands }) {
    const aborting = new AbortController()
    const { container, start } = run(commands.exit(0))
    await container.prepare(aborting.signal)
    aborting.abort()
    await start()
    assert.equal((await container.wait()).exitCode, 0)
  },
}
