import { createDockerDriver, createExecutor } from 'cookietin'

await using driver = await createDockerDriver()
await using executor = createExecutor({ driver })

// Two containers wait for their task. Each runs one, and is replaced.
await using judge = executor.template({ image: 'busybox', memory: '64m', profile: 'hardened' }, { spares: 2 })
await judge.ready()

const { stdout, timings } = await judge.run({ command: ['sh', '-c', 'echo $((6 * 7))'], timeout: 2_000 })
console.log(stdout.trim(), Object.keys(timings).join(' '))
