// A dashboard: everything that runs on a page, and a line of figures for the log of the service.
import { createDockerDriver, createExecutor } from 'cookietin'
import { startInspector } from 'cookietin/inspector'
import { filter, map, mergeMap } from 'rxjs'

await using inspector = await startInspector()
console.log(`open ${inspector.url}`)

await using driver = await createDockerDriver({}, { inspect: inspector.inspect })
await using executor = createExecutor({
  driver,
  concurrency: 2,
  inspect: inspector.inspect,
  closeOn: ['SIGINT', 'SIGTERM'],
})

const ends = new Map<string, number>()
let peak = 0
executor.transitions$
  .pipe(filter(({ to }) => to === 'done' || to === 'timeout'))
  .subscribe(({ to }) => ends.set(to, (ends.get(to) ?? 0) + 1))
executor.runs$
  .pipe(
    mergeMap(({ stats$ }) => stats$),
    map(({ metrics }) => metrics.mem_usage ?? 0),
  )
  .subscribe(bytes => {
    peak = Math.max(peak, bytes)
  })

// The work of the service.
const scripts = ['sleep 1.5', 'sleep 1.5', 'sleep 30', 'sleep 30']
const tasks = scripts.map(script => ({ image: 'busybox', command: ['sh', '-c', script], timeout: 5_000 }))
await Promise.all(tasks.map(task => executor.run(task)))

console.log(`${ends.get('done')} done, ${ends.get('timeout')} timed out, ${executor.size} waiting`)
console.log(peak > 0 ? 'memory was measured' : 'no samples')
