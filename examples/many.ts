import { createDockerDriver, createExecutor } from 'cookietin'

await using driver = await createDockerDriver()
await using executor = createExecutor({ driver, concurrency: 4, memory: '256m' })

const tasks = Array.from({ length: 8 }, (_, n) => ({
  image: 'busybox',
  command: ['sh', '-c', `echo $((${n} * ${n}))`],
  memory: '64m', // four of these fit into the executor's 256m at once
}))
for await (const { stdout } of executor.runAll(tasks)) process.stdout.write(stdout) // in the tasks' order
