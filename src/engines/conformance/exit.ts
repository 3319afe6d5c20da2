import assert from 'node:assert/strict'
import { assertExit } from './assert-exit.ts'
import type { ConformanceBench, ConformanceTests } from './bench.ts'

const reports =
  (code: number) =>
  async ({ run, commands }: ConformanceBench) => {
    const { toExit, events } = run(commands.exit(code))
    assertExit(await toExit(), { exitCode: code, oomKilled: false, outputTruncated: false })
    assert.deepEqual(events, ['exitSeen'])
  }

export const exitTests: ConformanceTests = {
  'reports exit code 0 and one exitSeen': reports(0),
  'reports exit code 3 and one exitSeen': reports(3),
  'reports exit code 255 and one exitSeen': reports(255),

  async 'reports exit code 127 for a command that does not exist'({ run, commands }) {
    assert.equal((await run(commands.notFound).toExit()).exitCode, 127)
  },

  async 'reports exit code 126 for a command that cannot be executed'({ run, commands }) {
    assert.equal((await run(commands.notExecutable).toExit()).exitCode, 126)
  },

  async 'returns the same promise from every wait(), before and after the exit'({ run, commands }) {
    const { container, toExit } = run(commands.exit(7))
    const early = container.wait()
    const exit = await toExit()
    assert.equal(container.wait(), early)
    assert.equal(await early, exit)
  },
}
