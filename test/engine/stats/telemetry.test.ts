import { SpanKind } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { engineRequest } from '../../support/engine/request.ts'
import { startRegistry } from '../../support/servers/registry.ts'
import { namesOf, startSdk } from '../../unit/telemetry/setup.ts'
import { setup as setupFunctions } from '../functions/setup.ts'
import { setup, shell, until } from '../setup.ts'

const runsIn = (spans: ReturnType<ReturnType<typeof startSdk>['spans']>) =>
  spans.filter(({ name }) => name.startsWith('run '))

test('runs on a real engine have spans and figures, and find their span in their environment', async () => {
  const { telemetry, spans, below, points } = startSdk({ samples: true })
  const { executor } = await setup({ telemetry }, { preForkPoolSize: 1 })
  const result = await executor.run({ ...shell('echo $TRACEPARENT > /out; cat /out'), artifacts: ['/out'] })
  const frozen = executor.run(shell('sleep 60'))
  await until(frozen, 'running')
  await frozen.freeze()
  frozen.cancel()
  expect([result.status, (await frozen).status]).toEqual(['success', 'cancelled'])
  await executor.onIdle()
  const [first, second] = runsIn(spans())
  if (first === undefined || second === undefined) throw new Error('not two runs')
  const { traceId, spanId } = first.spanContext()
  expect(result.stdout).toBe(`00-${traceId}-${spanId}-01\n`)
  expect(namesOf(below(first))).toEqual(['collect', 'create', 'queue', 'remove', 'run', 'start'])
  expect(namesOf(below(second))).toEqual(['create', 'freeze', 'queue', 'remove', 'run', 'start'])
  expect(await points('cookietin.run.duration')).toEqual([
    [{ 'cookietin.run.status': 'success' }, 1],
    [{ 'cookietin.run.status': 'cancelled', 'error.type': 'ERR_COOKIETIN_CANCELLED' }, 1],
  ])
  const prefork = await points('cookietin.prefork.namespaces')
  expect(prefork.reduce((sum, [, count]) => sum + count, 0)).toBe(1)
  const started = { 'http.request.method': 'POST', 'url.template': '/containers/{id}/start' }
  const calls = await points('cookietin.engine.call.duration')
  expect(calls.find(([attributes]) => JSON.stringify(attributes) === JSON.stringify(started))?.[1]).toBeGreaterThan(1)
})

test('a pull has a span in each run that waits for it, and is counted once', async () => {
  const { telemetry, spans, below, points } = startSdk()
  await using registry = await startRegistry()
  const { image } = await registry.push('telemetry', 100_000)
  const { executor } = await setup({ telemetry })
  const runs = [1, 2].map(() => executor.run({ image, command: ['nothing'], disableNet: true }))
  await Promise.allSettled(runs)
  await executor.onIdle()
  for (const run of runsIn(spans())) {
    const pull = below(run).find(({ name }) => name === 'pull')
    expect([run.attributes['container.image.tags'], pull?.status.code]).toEqual([['1'], 0])
  }
  expect(runsIn(spans())).toHaveLength(2)
  expect(await points('cookietin.image.pull.duration')).toEqual([[{ 'cookietin.pull.result': 'present' }, 1]])
  await engineRequest('DELETE', `/images/${image}`)
})

test('a function gets the span of its call, which is linked to that of its container', async () => {
  const { telemetry, spans, points } = startSdk()
  const { make, executor } = await setupFunctions({ telemetry })
  const fn = make('echo', { name: 'echo' })
  const { headers } = (await (await fn.invoke()).json()) as { headers: Record<string, string> }
  await executor.close()
  const [call] = spans().filter(({ kind }) => kind === SpanKind.CLIENT)
  const [container] = spans().filter(({ name }) => name === 'container echo')
  const { traceId, spanId } = call?.spanContext() ?? {}
  expect(headers.traceparent).toBe(`00-${traceId}-${spanId}-01`)
  expect(call?.links.map(({ context }) => context.spanId)).toEqual([container?.spanContext().spanId])
  expect(await points('faas.coldstarts')).toEqual([[{ 'faas.invoked_name': 'echo' }, 1]])
})
