// What keeping runs costs: tasks of an engine that does nothing, with and without a history.
import { mkdtemp, rm } from 'node:fs/promises'
import { EMPTY } from 'rxjs'
import { EngineDriver } from '../src/driver.ts'
import type { Engine, EngineContainer } from '../src/engine.ts'
import { createHistory } from '../src/history/index.ts'
import { createExecutor, type RunLog } from '../src/index.ts'
import { compare } from './compare.ts'

const tasks = 500
const exit = { exitCode: 0, oomKilled: false, outputTruncated: false }

const idleContainer = (): EngineContainer => ({
  name: 'idle',
  options: {},
  prepare: async () => {},
  start: async () => {},
  wait: async () => exit,
  pause: async () => {},
  unpause: async () => {},
  kill: async () => {},
  remove: async () => {},
  stats$: EMPTY,
})
const engine: Engine = { name: 'idle', container: idleContainer, close: async () => {} }

async function run(concurrency: number, history?: RunLog) {
  await using driver = new EngineDriver(engine)
  await using executor = createExecutor({ driver, concurrency, history })
  await Promise.all(Array.from({ length: tasks }, () => executor.run({ image: 'x' })))
}

const folder = await mkdtemp('/tmp/ct-bench-')
try {
  await using inFile = await createHistory({ path: `${folder}/history.db` })
  await using inMemory = await createHistory({ path: ':memory:' })
  for (const concurrency of [1, 8]) {
    await compare(
      `${tasks} tasks of an engine that does nothing, ${concurrency} at once`,
      [
        { name: 'kept in an SQLite file', run: () => run(concurrency, inFile) },
        { name: 'kept in memory', run: () => run(concurrency, inMemory) },
        { name: 'not kept', run: () => run(concurrency) },
      ],
      7,
    )
  }
} finally {
  await rm(folder, { recursive: true })
}
