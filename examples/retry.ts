import { createDockerDriver, createExecutor, type RetryOptions } from 'cookietin'

await using driver = await createDockerDriver()
await using executor = createExecutor({ driver })

const tasks = ['exit 0', 'exit 1', 'exit 75'].map(script => ({ image: 'busybox', command: ['sh', '-c', script] }))

// What may pass is tried again: here also exit code 75, which means "try again later" by convention.
const retry: RetryOptions = {
  attempts: 3,
  delay: 100, // ms; doubled for each further attempt
  when: ({ retryable, exitCode }) => retryable || exitCode === 75,
}

const ends: string[] = []
for await (const { index, value, reason } of executor.runAll(tasks, { retry, settle: true })) {
  // No task ends the loop: one without a result is a value, too.
  ends[index] = value === undefined ? reason.code : `${value.status} after ${value.attempts}`
}
console.log(ends.join(', '))
