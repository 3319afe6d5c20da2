import { createDockerDriver, createExecutor } from 'cookietin'
import { filter, firstValueFrom } from 'rxjs'

await using driver = await createDockerDriver()
await using executor = createExecutor({ driver })

const execution = executor.run({ image: 'busybox', command: ['sleep', '1'], timeout: 5_000 })
await firstValueFrom(execution.state$.pipe(filter(state => state === 'running')))

await execution.freeze() // every process of the container stands still, and so does its timeout
console.log(execution.state)
await execution.unfreeze()
console.log(execution.state)

const { status } = await execution
console.log(status)
