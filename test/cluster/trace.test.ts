import { expect, it } from 'vitest'
import { createExecutor } from '../../src/index.ts'
import { startSdk } from '../unit/telemetry/setup.ts'
import { setup, sh } from './setup.ts'

it('a task on another host has the span of its run at the submitter in TRACEPARENT', async () => {
  const { driver, spawnWorker } = await setup()
  await spawnWorker('far')
  const { telemetry, tracer, spans } = startSdk()
  await using executor = createExecutor({ driver, telemetry })
  const request = tracer.startSpan('request')
  const { context, trace } = await import('@opentelemetry/api')
  const run = context.with(trace.setSpan(context.active(), request), () =>
    executor.run(sh('echo "$TRACEPARENT"; echo "$OWN"', { env: { OWN: 'kept' } })),
  )
  const { stdout } = await run
  await executor.onIdle()
  request.end()
  const { traceId } = request.spanContext()
  const spanId = spans()
    .find(({ name }) => name.startsWith('run '))
    ?.spanContext().spanId
  expect(stdout).toBe(`00-${traceId}-${spanId}-01\nkept\n`)
})
