// Runs tasks until it is killed, with a history of the options in its first argument. Prints the id of each run whose
// result it got. With a second argument, hides Node's SQLite.

import { createMockDriver } from '../../../src/driver/testing.ts'
import { createHistory, type HistoryOptions } from '../../../src/history/index.ts'
import { createExecutor } from '../../../src/index.ts'

const [, , options = '', without] = process.argv
if (without !== undefined) process.getBuiltinModule = () => undefined as never

const history = await createHistory(JSON.parse(options) as HistoryOptions)
const driver = await createMockDriver({ stdout: 'x', stats: [{ timestamp: 1_767_323_045_000, metrics: { pids: 7 } }] })
const executor = createExecutor({ driver, history, concurrency: 4 })

async function runForever() {
  for (;;) {
    const { id, status } = await executor.run({ image: 'x', onStat: () => {} })
    process.stdout.write(`${id} ${status}\n`)
  }
}
await Promise.all(Array.from({ length: 4 }, runForever))
