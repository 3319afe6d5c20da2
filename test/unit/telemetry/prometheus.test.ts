import { BehaviorSubject } from 'rxjs'
import { expect, it, onTestFinished } from 'vitest'
import { createMockDriver } from '../../../src/driver/testing.ts'
import { createExecutor } from '../../../src/index.ts'
import { openPrometheus, openWorkerPrometheus } from '../../../src/telemetry/prometheus.ts'
import { setup as setupFunctions } from '../functions/setup.ts'

async function open() {
  const metrics = await openPrometheus()
  onTestFinished(() => metrics.close())
  /** The lines of one metric. */
  const lines = async (name: string) =>
    (await metrics.text()).split('\n').filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return { metrics, lines }
}

it('the runs of each outcome are scraped', async () => {
  const { metrics, lines } = await open()
  const driver = createMockDriver({
    quick: {},
    broken: { exitCode: 3 },
    endless: { runFor: Number.POSITIVE_INFINITY },
    loud: { stdout: 'x'.repeat(100), runFor: Number.POSITIVE_INFINITY },
  })
  const executor = createExecutor({ driver, telemetry: metrics, maxOutput: 10, killOnMaxOutput: true })
  const cancelled = executor.run({ image: 'endless' })
  cancelled.cancel()
  await Promise.allSettled([
    cancelled,
    ...['quick', 'broken', 'loud', 'unknown'].map(image => executor.run({ image })),
    executor.run({ image: 'endless', timeout: 5 }),
  ])
  await executor.close()
  await driver.close()
  const name = 'cookietin_run_duration_seconds_count'
  const code = (error: string) => `,error_type="ERR_COOKIETIN_${error}"`
  expect((await lines(name)).toSorted()).toEqual(
    [
      `${name}{cookietin_run_status="success"} 1`,
      `${name}{cookietin_run_status="error"${code('EXIT_NONZERO')}} 1`,
      `${name}{cookietin_run_status="timeout"${code('TIMEOUT')}} 1`,
      `${name}{cookietin_run_status="killed"${code('OUTPUT_TOO_LARGE')}} 1`,
      `${name}{cookietin_run_status="cancelled"${code('CANCELLED')}} 1`,
      `${name}{cookietin_run_status="failed"${code('IMAGE_NOT_FOUND')}} 1`,
    ].toSorted(),
  )
  expect(await lines('cookietin_run_queued')).toEqual(['cookietin_run_queued 0'])
  expect(await lines('cookietin_run_active')).toEqual([])
  expect(await metrics.text()).toContain('# HELP cookietin_run_wait_duration_seconds How long attempts of runs waited')
})

it('calls are scraped: their number, status, duration, cold starts and waiting', async () => {
  const { metrics, lines } = await open()
  const functions: ReturnType<ReturnType<typeof setupFunctions>['make']>[] = []
  const observer = metrics.follow({ driver: createMockDriver({}), functions })
  const fn = setupFunctions({ observer }).make({}, { name: 'greet' })
  functions.push(fn)
  for (let call = 0; call < 3; call++) await (await fn.invoke()).text()
  await expect.poll(() => fn.slots).toEqual({ idle: 1 })
  const named = 'faas_invoked_name="greet"'
  expect(await lines('faas_invoke_duration_seconds_count')).toEqual([
    `faas_invoke_duration_seconds_count{${named},http_response_status_code="200"} 3`,
  ])
  expect(await lines('faas_coldstarts_total')).toEqual([`faas_coldstarts_total{${named}} 1`])
  expect(await lines('cookietin_call_wait_duration_seconds_count')).toEqual([
    `cookietin_call_wait_duration_seconds_count{${named}} 3`,
  ])
  expect(await lines('cookietin_call_active')).toEqual([`cookietin_call_active{${named}} 0`])
  expect(await lines('cookietin_function_slots')).toEqual([
    `cookietin_function_slots{${named},cookietin_slot_state="idle"} 1`,
  ])
  observer.closed()
  expect(await lines('cookietin_function_slots')).toEqual([])
})

it('the slots of a worker are scraped, and none is free while it drains', async () => {
  const status$ = new BehaviorSubject({ slots: 4, busy: 1, isDraining: false })
  await using driver = createMockDriver({})
  const metrics = await openWorkerPrometheus(driver, status$)
  const slots = async () => (await metrics.text()).match(/^cookietin_worker_slots.*$/gm)
  const name = (state: string) => `cookietin_worker_slots{cookietin_slot_state="${state}"}`
  expect(await slots()).toEqual([`${name('busy')} 1`, `${name('free')} 3`])
  status$.next({ slots: 4, busy: 2, isDraining: true })
  expect(await slots()).toEqual([`${name('busy')} 2`, `${name('free')} 0`])
  metrics[Symbol.dispose]()
  expect([await slots(), status$.observed]).toEqual([null, false])
})
