// Opens the history of its first argument as a user without any right to write, and prints the ids of its runs.
import { createHistory, type HistoryOptions } from '../../../src/history/index.ts'

const options = JSON.parse(process.argv[2] ?? '') as HistoryOptions
if (process.argv[3] !== undefined) process.getBuiltinModule = () => undefined as never
// Loads every module, so that the user need not be able to read this repository.
await (await createHistory({ path: ':memory:' })).close()
if (process.getuid?.() === 0) {
  process.setgroups?.([])
  process.setgid?.(65_534)
  process.setuid?.(65_534)
}
try {
  await using history = await createHistory(options)
  console.log((await history.list()).map(({ id }) => id).join(' '))
} catch (error) {
  console.log((error as Error).message)
}
