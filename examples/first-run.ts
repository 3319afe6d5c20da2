import { createDockerDriver, createExecutor } from 'cookietin'

await using driver = await createDockerDriver() // DOCKER_HOST, then the default socket
await using executor = createExecutor({ driver, concurrency: 4 })

const execution = executor.run({
  image: 'busybox',
  command: ['wc', '-c'],
  input: 'hello',
  timeout: 5_000,
  memory: '64m',
})
execution.state$.subscribe(state => console.log(state)) // created, preparing, prepared, starting, running, done, …

const { status, exitCode, stdout } = await execution
console.log(status, exitCode, stdout)
