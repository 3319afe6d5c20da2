// Shows all machines on one page, under an endless load: `npm run inspect`. For the development of cookietin.
import { createExecutor } from '../src/index.ts'
import { startInspector } from '../src/inspector/index.ts'
import { buildPage } from './build/page.ts'
import { driveBots } from './inspect/bots.ts'
import { demoDriver, dice, keepBusy } from './inspect/load.ts'

await buildPage()
const abort = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort())

const chance = dice()
await using inspector = await startInspector({ control: true, port: Number(process.env.PORT ?? 0) })
await using driver = demoDriver(chance)
await using executor = createExecutor({ driver, concurrency: 6, inspect: inspector.inspect })
console.log(`${inspector.url}\nCtrl-C ends it.`)
await Promise.all([keepBusy(executor, chance, abort.signal), driveBots(inspector.inspect, chance, abort.signal)])
