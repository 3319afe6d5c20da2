import { expect, test } from 'vitest'
import { startFakeContainerEngine } from '../../../support/engine/fake-containers.ts'
import { allEngineCalls, tryTable } from '../../../support/engine/fault-table.ts'
import { checkLeaks } from '../../../support/leaks/hooks.ts'

checkLeaks()

test.each(['once', 'always'] as const)(
  'runs while a call of a fake engine has a fault, %s',
  { timeout: 180_000 },
  async extent => {
    await using engine = await startFakeContainerEngine()
    const target = {
      socketPath: engine.socketPath,
      startTimeout: 2_000,
      task: (exitCode?: number) => ({
        image: 'any',
        pull: 'never' as const,
        env: exitCode === undefined ? {} : { EXIT: String(exitCode) },
      }),
      containers: async (instance: string) => engine.containers.filter(name => name.includes(instance)),
    }
    expect(await tryTable(target, allEngineCalls, { extent, atOnce: 40 })).toEqual([])
  },
)
