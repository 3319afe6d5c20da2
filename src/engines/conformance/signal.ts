import { assertExit } from './assert-exit.ts'
import type { ConformanceTests } from './bench.ts'

export const signalTests: ConformanceTests = {
  async 'reaches the program, whose own exit code follows, by name and as the stop signal'({ running, commands }) {
    if (commands.polite === undefined) return
    for (const name of ['SIGTERM', undefined]) {
      const { container } = await running(commands.polite)
      await container.signal?.(name)
      assertExit(await container.wait(), { exitCode: 7, oomKilled: false, outputTruncated: false })
    }
  },

  async 'does nothing to a container that has ended'({ run, commands }) {
    const { toExit, container } = run(commands.exit(0))
    await toExit()
    await container.signal?.('SIGTERM')
  },
}
