// Runs tasks of every kind and calls of a function for a while, and prints how memory, descriptors and handles develop:
// npm run soak -- --minutes 20 [--plot FILE.svg]. Exits with 1 when something grew, was left behind, or came out wrong.
import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createDockerDriver, createExecutor } from '../src/index.ts'
import setUpEngine from '../test/support/engine/global-setup.ts'
import { containersWith } from '../test/support/engine/request.ts'
import { ensureFunctionImage, functionImage } from '../test/support/images/function-image.ts'
import { ensureTestImage } from '../test/support/images/images.ts'
import { type LoadCounts, loadLane } from './soak/load.ts'
import { plot } from './soak/plot.ts'
import { type Quantity, type Reading, read, slope } from './soak/readings.ts'

/** What a quantity may grow by in an hour, and still counts as flat. */
const bounds: Readonly<Partial<Record<Quantity, number>>> = { heap: 30, descriptors: 60, handles: 60 }

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    plot: { type: 'string' },
    lanes: { type: 'string', default: '4' },
  },
})
const minutes = Number(values.minutes)
if (!(minutes > 0)) throw new Error(`--minutes: ${values.minutes} is not allowed, it must be a number above 0`)

const tearDown = await setUpEngine()
try {
  await ensureTestImage()
  await ensureFunctionImage()
  process.exitCode = (await soak()) ? 0 : 1
} finally {
  await tearDown?.()
}

async function soak(): Promise<boolean> {
  const driver = await createDockerDriver()
  const executor = createExecutor({ driver, concurrency: Number(values.lanes) + 1 })
  const fn = executor.function({ image: functionImage, command: ['node', '/function/echo.cjs'], disableNet: true })
  const counts: LoadCounts = { runs: 0, calls: 0, rejected: 0, wrong: 0 }
  const stopping = new AbortController()
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1_000
  const lanes = Array.from({ length: Number(values.lanes) }, () => loadLane(executor, fn, counts, stopping.signal))
  const readings: Reading[] = []
  // The first minute warms up: code is compiled, pools are filled.
  const warmUp = Math.min(60, minutes * 15)
  while (seconds() < minutes * 60) {
    await delay(Math.min(5_000, minutes * 3_000))
    const reading = read(seconds(), counts.runs)
    if (reading.at > warmUp) readings.push(reading)
    console.log(
      `${reading.at.toFixed(0).padStart(5)} s  ${counts.runs} runs, ${counts.calls} calls, ${counts.rejected} rejected  heap ${reading.heap.toFixed(1)} MiB, rss ${reading.rss.toFixed(0)} MiB, ${reading.descriptors} descriptors, ${reading.handles} handles`,
    )
  }
  stopping.abort()
  await Promise.all(lanes)
  await executor.close()
  await driver.close()
  const left = await containersWith('cookietin.instance')
  const title = `${minutes} min: ${counts.runs} runs and ${counts.calls} calls in ${values.lanes} lanes`
  if (values.plot !== undefined) writeFileSync(values.plot, plot(readings, title))

  console.log(
    `\n${title}, ${counts.rejected} rejected, ${counts.wrong} with a wrong status, ${left.length} containers left`,
  )
  let isFlat = true
  for (const quantity of ['heap', 'rss', 'descriptors', 'handles'] as const) {
    const hourly = slope(readings, quantity)
    const bound = bounds[quantity]
    const isGrowing = minutes >= 10 && bound !== undefined && hourly > bound
    if (isGrowing) isFlat = false
    console.log(
      `  ${quantity.padEnd(12)} ${hourly.toFixed(1).padStart(8)} an hour${isGrowing ? `  more than ${bound}` : ''}`,
    )
  }
  return isFlat && left.length === 0 && counts.wrong === 0 && counts.rejected === 0
}
