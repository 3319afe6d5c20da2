import { createDockerDriver, createExecutor } from 'cookietin'
import { startInspector } from 'cookietin/inspector'

await using inspector = await startInspector() // on this machine only; its URL holds a token
console.log(inspector.url)

await using driver = await createDockerDriver()
await using executor = createExecutor({ driver, inspect: inspector.inspect })
console.log((await executor.run({ image: 'busybox', command: ['true'] })).status)
