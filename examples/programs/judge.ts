// A code judge: runs each submission on each test case, without trust in it, and gives a verdict.
import { createDockerDriver, createExecutor, type RunResult } from 'cookietin'

const cases = [
  { input: '2 3\n', expected: '5\n' },
  { input: '40 2\n', expected: '42\n' },
]
const submissions = {
  right: 'read a b; echo $((a + b))',
  wrong: 'read a b; echo $((a * b))',
  slow: 'while :; do :; done',
  greedy: 'x=1; while :; do x=$x$x; done',
  broken: 'exit 3',
}

await using driver = await createDockerDriver()
await using executor = createExecutor({ driver, concurrency: 4, maxOutput: '64k' })

for (const [name, code] of Object.entries(submissions)) {
  const runs = cases.map(({ input }) =>
    executor.run({
      image: 'busybox',
      command: ['sh', '-c', code],
      input,
      profile: 'hardened', // another user, no network, a read-only root, no capabilities
      memory: '16m',
      pids: 16,
      timeout: 5_000,
    }),
  )
  const results = await Promise.all(runs)
  const verdicts = results.map((result, index) => verdictOf(result, cases[index]?.expected ?? ''))
  console.log(`${name}: ${verdicts.find(verdict => verdict !== 'accepted') ?? 'accepted'}`)
}

function verdictOf({ status, oomKilled, stdout, stdoutTruncated }: RunResult, expected: string): string {
  if (oomKilled) return 'memory limit exceeded'
  if (status === 'timeout') return 'time limit exceeded'
  if (status !== 'success') return 'runtime error'
  return stdout === expected && !stdoutTruncated ? 'accepted' : 'wrong answer'
}
