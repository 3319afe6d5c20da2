import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { filter, firstValueFrom, Subject } from 'rxjs'
import { describe, expect, it, vi } from 'vitest'
import { createMockDriver } from '../../../src/driver/testing.ts'
import type { PullProgress } from '../../../src/engines/pull-progress.ts'
import { createExecutor, type Execution, type Instrumentation } from '../../../src/index.ts'
import { startTelemetry } from '../../../src/telemetry/index.ts'
import { RunSpan } from '../../../src/telemetry/spans/run-span.ts'
import { namesOf, setup, startSdk } from './setup.ts'

const script = {
  quick: { stdout: 'hi' },
  broken: { exitCode: 3 },
  endless: { runFor: Number.POSITIVE_INFINITY },
  loud: { stdout: 'x'.repeat(100), runFor: Number.POSITIVE_INFINITY },
}

const rootOf = (spans: readonly ReadableSpan[]) => {
  const [root, ...others] = spans.filter(({ parentSpanContext }) => parentSpanContext === undefined)
  if (root === undefined || others.length > 0) throw new Error('not one span without a parent')
  return root
}

const until = (run: Execution, state: string) => firstValueFrom(run.state$.pipe(filter(each => each === state)))

describe('a run of each outcome', () => {
  it.each([
    ['success', { image: 'quick' }, undefined, ['queue', 'create', 'start', 'run', 'remove']],
    ['error', { image: 'broken' }, 'ERR_COOKIETIN_EXIT_NONZERO', ['queue', 'create', 'start', 'run', 'remove']],
    [
      'timeout',
      { image: 'endless', timeout: 5 },
      'ERR_COOKIETIN_TIMEOUT',
      ['queue', 'create', 'start', 'run', 'remove'],
    ],
    ['killed', { image: 'loud' }, 'ERR_COOKIETIN_OUTPUT_TOO_LARGE', ['queue', 'create', 'start', 'run', 'remove']],
    ['failed', { image: 'unknown' }, 'ERR_COOKIETIN_IMAGE_NOT_FOUND', ['queue', 'create', 'remove']],
  ] as const)('%s has a span with its phases, and its figures', async (status, task, code, phases) => {
    const { executor, spans, below, points } = setup(script, {}, { maxOutput: 10, killOnMaxOutput: true })
    await executor.run({ ...task, id: 'one', labels: { team: 'blue' } }).catch(() => {})
    await executor.onIdle()
    const root = rootOf(spans())
    expect(root.name).toBe(`run library/${task.image}`)
    expect(root.attributes).toMatchObject({
      'cookietin.run.id': 'one',
      'cookietin.run.status': status,
      'container.image.tags': ['latest'],
      'container.label.team': 'blue',
      ...(code !== undefined && { 'error.type': code }),
    })
    expect(root.status.code).toBe(code === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR)
    expect(below(root).map(({ name }) => name)).toEqual(phases)
    const attributes = { 'cookietin.run.status': status, ...(code !== undefined && { 'error.type': code }) }
    expect(await points('cookietin.run.duration')).toEqual([[attributes, 1]])
    expect(await points('cookietin.run.wait.duration')).toEqual([[{}, 1]])
    expect([await points('cookietin.run.queued'), await points('cookietin.run.active')]).toEqual([[[{}, 0]], []])
    const create = below(root).find(({ name }) => name === 'create')
    expect(create?.attributes['error.type']).toBe(status === 'failed' ? code : undefined)
  })

  it('cancelled has one, while it runs and while it waits', async () => {
    const { executor, spans, points } = setup(script, {}, { concurrency: 1 })
    const [first, second] = [executor.run({ image: 'endless' }), executor.run({ image: 'quick' })]
    await until(first, 'running')
    expect(await points('cookietin.run.queued')).toEqual([[{}, 1]])
    expect(await points('cookietin.run.active')).toEqual([[{ 'cookietin.run.state': 'running' }, 1]])
    second.cancel()
    first.cancel()
    expect([(await first).status, (await second).status]).toEqual(['cancelled', 'cancelled'])
    await executor.onIdle()
    const roots = spans().filter(({ parentSpanContext }) => parentSpanContext === undefined)
    expect(roots.map(({ attributes }) => attributes['error.type'])).toEqual(Array(2).fill('ERR_COOKIETIN_CANCELLED'))
    const attributes = { 'cookietin.run.status': 'cancelled', 'error.type': 'ERR_COOKIETIN_CANCELLED' }
    expect(await points('cookietin.run.duration')).toEqual([[attributes, 2]])
    expect(await points('cookietin.run.wait.duration')).toEqual([[{}, 1]])
  })
})

it('a freeze, artifacts and a retry have spans of their own', async () => {
  const { executor, spans, below } = setup(({ image, id }) =>
    image === 'flaky' ? { exitCode: id.includes('attempt') ? 0 : 1 } : { runFor: 30, artifacts: { '/out': 'x' } },
  )
  const frozen = executor.run({ image: 'slow', artifacts: ['/out'] })
  await until(frozen, 'running')
  await frozen.freeze()
  await frozen.unfreeze()
  expect((await frozen).status).toBe('success')
  await executor.onIdle()
  const phases = below(rootOf(spans())).map(({ name }) => name)
  expect(phases).toEqual(['queue', 'create', 'start', 'freeze', 'run', 'collect', 'remove'])
  const before = spans().length
  await executor.run({ image: 'flaky', retry: { attempts: 2, delay: 1, when: () => true } })
  await executor.onIdle()
  const again = spans().slice(before)
  expect(namesOf(again).filter(name => name === 'run')).toHaveLength(2)
  expect(again.filter(({ attributes }) => attributes['cookietin.run.attempt'] === 2).map(({ name }) => name)).toEqual(
    expect.arrayContaining(['queue', 'create', 'start', 'run']),
  )
})

describe('the trace context', () => {
  it('has the span of the caller as its parent', async () => {
    const { executor, tracer, spans } = setup(script)
    const caller = tracer.startSpan('caller')
    await context.with(trace.setSpan(context.active(), caller), () => executor.run({ image: 'quick' }))
    await executor.onIdle()
    const [root] = spans().filter(({ name }) => name.startsWith('run '))
    expect(root?.parentSpanContext).toMatchObject({ spanId: caller.spanContext().spanId })
    expect(root?.spanContext().traceId).toBe(caller.spanContext().traceId)
  })

  it.each([
    ['default', undefined, true],
    ['hardened', undefined, false],
    ['hardened', ['hardened'], true],
    ['default', ['hardened'], false],
    ['default', [], false],
  ] as const)('with the profile %s and propagateTo %j: %s', async (profile, propagateTo, given) => {
    let env: Readonly<Record<string, string>> = {}
    const onStart = (task: { readonly env: typeof env }) => {
      env = task.env
    }
    const { executor, spans } = setup({ quick: { onStart } }, { propagateTo })
    await executor.run({ image: 'quick', profile, env: { OWN: '1' } })
    await executor.onIdle()
    const { traceId, spanId } =
      spans()
        .find(({ name }) => name.startsWith('run '))
        ?.spanContext() ?? {}
    expect(env).toEqual({ OWN: '1', ...(given && { TRACEPARENT: `00-${traceId}-${spanId}-01` }) })
    await executor.run({ image: 'quick', profile, env: { TRACEPARENT: 'mine' } })
    expect(env.TRACEPARENT).toBe('mine')
  })
})

it('samples are reported on request alone, for as long as a run lives', async () => {
  const stats = [{ timestamp: 1, metrics: { cpu_total: 150, mem_usage: 4_096, net_rx: 7 } }]
  for (const samples of [false, true]) {
    const { executor, points } = setup({ endless: { stats, runFor: Number.POSITIVE_INFINITY } }, { samples })
    const run = executor.run({ image: 'endless', id: 'one' })
    await until(run, 'running')
    const attributes = { 'container.image.name': 'library/endless' }
    const found = async () => [await points('container.cpu.usage'), await points('container.network.io')]
    const expected = [[[attributes, 1.5]], [[{ ...attributes, 'network.io.direction': 'receive' }, 7]]]
    await vi.waitFor(async () => expect(await found()).toEqual(samples ? expected : [[], []]))
    run.cancel()
    await run
    await executor.onIdle()
    expect(await points('container.cpu.usage')).toEqual(samples ? [[attributes, 0]] : [])
  }
})

it('a telemetry that is closed ends its spans, and reports nothing more', async () => {
  const { executor, telemetry, spans, points } = setup(script)
  const run = executor.run({ image: 'endless' })
  await until(run, 'running')
  await telemetry.close()
  await telemetry.close()
  expect(namesOf(spans())).toEqual(['create', 'queue', 'run', 'run library/endless', 'start'])
  run.cancel()
  await run
  await executor.run({ image: 'quick' })
  expect(spans()).toHaveLength(5)
  expect(await points('cookietin.run.duration')).toEqual([])
})

it('without an SDK nothing is recorded, and no variable is added', async () => {
  let env: object = {}
  await using driver = createMockDriver({
    quick: {
      onStart: task => {
        env = task.env
      },
    },
  })
  await using telemetry = startTelemetry()
  await using executor = createExecutor({ driver, telemetry })
  expect((await executor.run({ image: 'quick' })).status).toBe('success')
  expect(env).toEqual({})
})

it('bad options are refused, all at once', () => {
  const options = { tracerProvider: {}, meterProvider: 1, propagateTo: ['all'], samples: 'yes' }
  expect(() => startTelemetry(options as never)).toThrow(
    /tracerProvider[\s\S]*meterProvider[\s\S]*propagateTo[\s\S]*'hardened'[\s\S]*samples/,
  )
  expect(() => startTelemetry({ sample: true } as never)).toThrow(/samples/)
  expect(() => createExecutor({ driver: createMockDriver({}), telemetry: {} as never })).toThrow(/startTelemetry/)
})

describe('a telemetry that fails', () => {
  const fail = () => {
    throw new Error('no room')
  }
  const observed: ReturnType<ReturnType<Instrumentation['follow']>['container']> = {
    env: {},
    changed: fail,
    ended: fail,
    closed: fail,
  }

  it.each([
    ['throws when a run is queued', { container: fail, call: fail, closed: fail }],
    ['throws at each change', { container: () => observed, call: fail, closed: fail }],
    [
      'has a tracer that throws',
      startTelemetry({ tracerProvider: { getTracer: () => ({ startSpan: fail }) as never } }),
    ],
  ] as const)('%s loses no result, and is one process warning', async (_, broken) => {
    const warnings: string[] = []
    const spy = vi.spyOn(process, 'emitWarning').mockImplementation(warning => void warnings.push(String(warning)))
    const telemetry: Instrumentation = 'follow' in broken ? broken : { follow: () => broken }
    const driver = createMockDriver(script)
    const executor = createExecutor({ driver, telemetry })
    for (let run = 0; run < 2; run++) {
      expect(await executor.run({ image: 'quick' })).toMatchObject({ status: 'success', stdout: 'hi' })
    }
    await executor.close()
    await driver.close()
    spy.mockRestore()
    expect(warnings).toEqual([expect.stringContaining('no room')])
    expect(driver.remaining).toEqual([])
  })

  it('cannot follow is an error of the executor', () => {
    const driver = createMockDriver({})
    expect(() => createExecutor({ driver, telemetry: { follow: fail } })).toThrow(
      expect.objectContaining({ code: 'ERR_COOKIETIN_INVALID_CONFIG' }),
    )
  })

  it('has an exporter that never answers: no run waits for it', async () => {
    const { executor } = setup(script)
    const { BasicTracerProvider, SimpleSpanProcessor } = await import('@opentelemetry/sdk-trace-base')
    const never = () => new Promise<void>(() => {})
    const exporter = { export: () => {}, shutdown: never, forceFlush: never }
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    await using telemetry = startTelemetry({ tracerProvider })
    await using driver = createMockDriver(script)
    await using hung = createExecutor({ driver, telemetry })
    expect((await hung.run({ image: 'quick' })).status).toBe('success')
    expect((await executor.run({ image: 'quick' })).status).toBe('success')
  })
})

it('a pull has a span, also where it ends with an error, and a tracer that throws in it harms nothing', async () => {
  const { tracer, spans } = startSdk()
  let isBroken = false
  const breaking = {
    startSpan(...args: Parameters<typeof tracer.startSpan>) {
      if (isBroken) throw new Error('no room')
      return tracer.startSpan(...args)
    },
  } as typeof tracer
  await using driver = createMockDriver(script)
  const { task } = await driver.createCookie({ image: 'quick' })
  const step = { id: 'x', from: 'created', to: 'preparing', event: 'prepare', at: 0 } as const
  const progress = { image: 'quick', attempt: 1, retryIn: undefined, layers: [], current: 0, total: 0 }
  for (const end of ['present', 'failed', 'broken'] as const) {
    const span = new RunSpan(breaking, { task, functionName: undefined })
    const pull$ = new Subject<PullProgress>()
    span.changed(step, { pull$ })
    isBroken = end === 'broken'
    pull$.next({ ...progress, state: 'pulling', error: undefined })
    pull$.next({ ...progress, state: 'pulling', error: undefined })
    if (end !== 'broken') pull$.next({ ...progress, state: end, error: end === 'failed' ? 'no room' : undefined })
    isBroken = false
    span.closed(undefined)
    expect(pull$.observed).toBe(false)
  }
  const pulls = spans().filter(({ name }) => name === 'pull')
  expect(pulls.map(({ status }) => status)).toEqual([
    { code: SpanStatusCode.UNSET },
    { code: SpanStatusCode.ERROR, message: 'no room' },
  ])
})

it('two executors of one telemetry are counted together', async () => {
  const { telemetry, points } = startSdk()
  await using driver = createMockDriver(script)
  await using one = createExecutor({ driver, telemetry })
  await using two = createExecutor({ driver, telemetry })
  await Promise.all([one.run({ image: 'quick' }), two.run({ image: 'quick' })])
  expect(await points('cookietin.run.duration')).toEqual([[{ 'cookietin.run.status': 'success' }, 2]])
})
