import { createDockerDriver, createExecutor } from 'cookietin'

await using driver = await createDockerDriver()
await using executor = createExecutor({ driver })

const { status, error } = await executor.run(
  { image: 'busybox', command: ['sleep', '60'] },
  { signal: AbortSignal.timeout(500) }, // works from every state: queued, pulling, starting, running, frozen
)
console.log(status, error?.code)
