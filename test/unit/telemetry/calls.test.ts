import type { IncomingHttpHeaders } from 'node:http'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { setup as setupFunctions } from '../functions/setup.ts'
import { startSdk } from './setup.ts'

/** Functions whose calls and containers a telemetry follows. */
function setup(options: Parameters<typeof startSdk>[0] = {}) {
  const sdk = startSdk(options)
  const functions: Parameters<typeof sdk.telemetry.follow>[0]['functions'] & unknown[] = []
  const driver = { close: async () => {} } as never
  const observer = sdk.telemetry.follow({ driver, functions })
  const { make } = setupFunctions({ observer })
  return { ...sdk, make, functions }
}

describe('a call of a function', () => {
  it('has a client span that is linked to the span of its container, and figures', async () => {
    const { make, functions, spans, points } = setup()
    const fn = make({}, { name: 'greet' })
    functions.push(fn)
    for (let call = 0; call < 2; call++) await (await fn.invoke({ body: 'Ada' })).text()
    await expect.poll(() => fn.slots).toEqual({ idle: 1 })
    const idle = { 'faas.invoked_name': 'greet', 'cookietin.slot.state': 'idle' }
    expect(await points('cookietin.function.slots')).toEqual([[idle, 1]])
    await fn.close()
    const calls = spans().filter(({ name }) => name === 'call greet')
    const [container] = spans().filter(({ name }) => name === 'container greet')
    expect(calls.map(({ kind, attributes }) => [kind, attributes['faas.coldstart']])).toEqual([
      [SpanKind.CLIENT, true],
      [SpanKind.CLIENT, false],
    ])
    const { spanId } = container?.spanContext() ?? {}
    for (const { attributes, links, status } of calls) {
      expect(attributes['http.response.status_code']).toBe(200)
      expect(attributes['faas.instance']).toBe(container?.attributes['cookietin.run.id'])
      expect(links.map(({ context }) => context.spanId)).toEqual([spanId])
      expect(status.code).toBe(SpanStatusCode.UNSET)
    }
    const named = { 'faas.invoked_name': 'greet' }
    expect(await points('faas.invoke_duration')).toEqual([[{ ...named, 'http.response.status_code': 200 }, 2]])
    expect(await points('faas.coldstarts')).toEqual([[named, 1]])
    expect(await points('cookietin.call.wait.duration')).toEqual([[named, 2]])
    expect(await points('cookietin.call.active')).toEqual([[named, 0]])
    expect(await points('cookietin.run.duration')).toEqual([])
  })

  it('that fails has the code of its error', async () => {
    const { make, spans, points } = setup()
    const fn = make({ answer: (_, response) => void response.destroy() })
    await expect(fn.invoke()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_RESPONSE_FAILED' })
    await fn.close()
    const [call] = spans().filter(({ kind }) => kind === SpanKind.CLIENT)
    expect([call?.attributes['error.type'], call?.status.code]).toEqual([
      'ERR_COOKIETIN_RESPONSE_FAILED',
      SpanStatusCode.ERROR,
    ])
    const attributes = { 'faas.invoked_name': 'function-0', 'error.type': 'ERR_COOKIETIN_RESPONSE_FAILED' }
    expect(await points('faas.invoke_duration')).toEqual([[attributes, 1]])
  })

  it.each([
    ['default', undefined, true],
    ['hardened', undefined, false],
    ['hardened', ['default', 'hardened'], true],
  ] as const)('has a traceparent with the profile %s and propagateTo %j: %s', async (profile, propagateTo, given) => {
    const { make, spans } = setup({ propagateTo })
    const received: IncomingHttpHeaders[] = []
    const answer = ({ headers }: { headers: IncomingHttpHeaders }, response: { end(): void }) => {
      received.push(headers)
      response.end()
    }
    const fn = make({ answer }, { profile })
    await (await fn.invoke()).text()
    await (await fn.invoke({ headers: { Traceparent: 'mine' } })).text()
    await fn.close()
    const { traceId, spanId } =
      spans()
        .find(({ kind }) => kind === SpanKind.CLIENT)
        ?.spanContext() ?? {}
    expect(received.map(({ traceparent }) => traceparent)).toEqual([
      given ? `00-${traceId}-${spanId}-01` : undefined,
      'mine',
    ])
  })
})
