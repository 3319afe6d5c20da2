import { createExecutor, createProcessDriver } from 'cookietin'

await using driver = await createProcessDriver() // isolates nothing: for tests, demos and machines without Docker
await using executor = createExecutor({ driver })

const { status, stdout } = await executor.run({ image: 'none', command: ['echo', 'hi'] })
console.log(status, stdout.trim())
