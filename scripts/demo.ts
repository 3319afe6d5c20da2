// Runs a dozen tasks and shows how their states change: `npm run demo`.
import { setTimeout as sleep } from 'node:timers/promises'
import { filter, firstValueFrom } from 'rxjs'
import { colorsFor } from '../src/cli/output/colors.ts'
import { columns } from '../src/cli/output/columns.ts'
import { formatDuration } from '../src/cli/output/format.ts'
import { createExecutor, type RunResult } from '../src/index.ts'
import { openDemoDriver } from './demo/driver.ts'
import { demoTasks, type When } from './demo/tasks.ts'
import { liveView, painter, plainView, type Row } from './demo/view.ts'

// Some simulated terminals have no size, and cannot show the live view.
const isTerminal = process.stdout.isTTY === true && process.stdout.rows > 0
const colors = colorsFor(isTerminal)
const began = performance.now()

await using demo = await openDemoDriver()
await using executor = createExecutor({ driver: demo.driver, concurrency: 4 })
for (const notice of demo.notices) console.log(notice)
console.log(`${demoTasks.length} tasks, 4 at once:\n`)

// Subscribed before the tasks are run: their first changes are emitted at once.
let changed = (_: Parameters<Awaited<ReturnType<typeof liveView>>['changed']>[0]) => {}
executor.transitions$.subscribe(transition => changed(transition))
const rows: Row[] = demoTasks.map(({ task, shows }) => ({
  id: task.id,
  shows,
  execution: executor.run({ ...task, image: demo.image }),
}))
const view = isTerminal ? await liveView(rows, colors) : plainView(console.log)
changed = view.changed

// Without this, Ctrl-C would leave the containers for `cookietin gc`.
let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted = true
    for (const { execution } of rows) execution.cancel('interrupted')
  })
}

await Promise.all(
  demoTasks.map(async ({ act }, index) => {
    const execution = rows[index]?.execution
    if (act === undefined || execution === undefined) return
    const when: When = {
      reaches: async state => void (await firstValueFrom(execution.state$.pipe(filter(seen => seen === state)))),
      after: ms => sleep(ms),
    }
    await act(execution, when).catch(error => {
      if (!interrupted) throw error
    })
  }),
)
const results = await Promise.all(rows.map(({ execution }) => execution))
await executor.onIdle()
view.stop()

const paint = painter(colors)
const wrong = results.filter((result, index) => result.status !== demoTasks[index]?.expected)
console.log()
for (const line of columns([['TASK', 'STATUS', 'EXIT', 'RAN', 'OUTPUT'].map(colors.dim), ...results.map(row)]))
  console.log(line)
console.log(
  `\n${results.length} tasks on the ${demo.driver.name} engine in ${formatDuration(performance.now() - began)}; ` +
    (interrupted
      ? 'interrupted.'
      : wrong.length === 0
        ? 'each ended as it should.'
        : `ended otherwise than it should: ${wrong.map(({ id }) => id).join(', ')}`),
)
process.exitCode = interrupted ? 130 : wrong.length === 0 ? 0 : 1

function row({ id, status, exitCode, stdout, stderr, timings }: RunResult): string[] {
  const text = String(stdout || stderr)
  const shown = text.length > 80 ? `${text.length} characters` : text.trim().replaceAll('\n', ' ')
  return [
    id,
    paint(status),
    String(exitCode ?? '–'),
    timings.running === undefined ? '–' : formatDuration(timings.running),
    colors.dim(shown),
  ]
}
