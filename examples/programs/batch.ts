// A batch: any number of jobs from a generator, a few at once, what may pass tried again, and a summary. No job ends it.
import { createDockerDriver, createExecutor } from 'cookietin'

/** Jobs as they come: from a file, a queue, a database. */
async function* jobs() {
  for (let n = 1; n <= 12; n += 1) {
    // Every third one is told to come again later, and every fifth one is broken.
    const script = n % 5 === 0 ? 'exit 1' : n % 3 === 0 ? 'exit 75' : `echo ${n}`
    yield { id: `job-${n}`, image: 'busybox', command: ['sh', '-c', script], memory: '32m', timeout: 10_000 }
  }
}

await using driver = await createDockerDriver()
await using executor = createExecutor({ driver, concurrency: 4, memory: '1g', closeOn: ['SIGINT', 'SIGTERM'] })

const counts = new Map<string, number>()
const failed: string[] = []
const options = {
  settle: true,
  retry: { attempts: 2, delay: 50, when: ({ retryable = false, exitCode = 0 }) => retryable || exitCode === 75 },
} as const
for await (const { value, reason } of executor.runAll(jobs(), options)) {
  const end = value === undefined ? `could not be run: ${reason.code}` : value.status
  counts.set(end, (counts.get(end) ?? 0) + 1)
  if (value !== undefined && value.status !== 'success') {
    failed.push(`${value.id} exited with ${value.exitCode} after ${value.attempts} attempts`)
  }
}
for (const line of failed.sort()) console.log(line)
console.log(
  [...counts]
    .sort()
    .map(([end, count]) => `${count} × ${end}`)
    .join(', '),
)
