import { setTimeout as sleep } from 'node:timers/promises'
import { createDockerDriver, createExecutor, keepLatest } from 'cookietin'

await using driver = await createDockerDriver() // { sampler: 'cgroup' } samples runs of a moment, too
await using executor = createExecutor({ driver })

const execution = executor.run({ image: 'busybox', command: ['sh', '-c', 'sleep 2.2; true'], memory: '64m' })

// A subscriber that is slow misses samples and is told how many; it never slows the run.
execution.stats$.pipe(keepLatest((_stat, _dropped) => sleep(5_000, undefined, { ref: false }))).subscribe()

const { stats } = await execution // decimated: 240 points at most, however long it ran
const most = (name: string) => Math.max(...stats.map(({ metrics }) => metrics[name] ?? 0))
console.log(`${most('pids')} processes, ${most('mem_limit') / 2 ** 20} MiB allowed`)
