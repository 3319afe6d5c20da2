// The cost of a history: tasks of an engine that does nothing, with and without a history.
import { mkdtemp, rm } from 'node:fs/promises'
import { EngineDriver } from '../src/driver/engine-driver.ts'
import { createHistory } from '../src/history/index.ts'
import { createExecutor, type RunLog } from '../src/index.ts'
import { compare, roundsOr } from './support/compare.ts'
import { idleEngine } from './support/idle-engine.ts'
import type { Table } from './support/table.ts'

const tasks = 500

async function run(concurrency: number, history?: RunLog) {
  await using driver = new EngineDriver(idleEngine)
  await using executor = createExecutor({ driver, concurrency, history })
  await Promise.all(Array.from({ length: tasks }, () => executor.run({ image: 'x' })))
}

export default async function history(): Promise<readonly Table[]> {
  const folder = await mkdtemp('/tmp/ct-bench-')
  const tables: Table[] = []
  try {
    await using inFile = await createHistory({ path: `${folder}/history.db` })
    await using inMemory = await createHistory({ path: ':memory:' })
    for (const concurrency of [1, 8]) {
      tables.push(
        await compare(
          `${tasks} tasks of an engine that does nothing, ${concurrency} at once`,
          [
            { name: 'kept in an SQLite file', run: () => run(concurrency, inFile) },
            { name: 'kept in memory', run: () => run(concurrency, inMemory) },
            { name: 'not kept', run: () => run(concurrency) },
          ],
          { rounds: roundsOr(7) },
        ),
      )
    }
  } finally {
    await rm(folder, { recursive: true })
  }
  return tables
}
