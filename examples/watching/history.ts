import { createDockerDriver, createExecutor } from 'cookietin'
import { createHistory } from 'cookietin/history'

await using history = await createHistory({ path: ':memory:', maxRuns: 10_000 }) // a file, or { postgres: 'postgres://…' }
await using driver = await createDockerDriver()
await using executor = createExecutor({ driver, history })

await executor.run({ image: 'busybox', command: ['true'] })
await executor.run({ image: 'busybox', command: ['sh', '-c', 'exit 3'], id: 'unlucky' })

for (const { id, exitCode } of await history.list({ status: 'error', since: Date.now() - 60_000 })) {
  console.log(id, exitCode) // its transitions and samples are in history.get(id)
}
