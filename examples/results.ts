import { CookietinError, createDockerDriver, createExecutor } from 'cookietin'

await using driver = await createDockerDriver()
await using executor = createExecutor({ driver })

// The task fails: the promise resolves, and the result says how it ended.
const result = await executor.run({ image: 'busybox', command: ['sh', '-c', 'echo no flour >&2; exit 3'] })
console.log(result.status, result.exitCode, result.stderr.trim())

// The implementation fails: the promise rejects.
try {
  await executor.run({ image: 'no-such-image:at-all', pull: 'never' })
} catch (error) {
  if (error instanceof CookietinError) console.log(error.code)
}
