import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SimulatedClock } from 'xstate'
import { createMockDriver, type MockCall, type MockRun } from '../../../src/driver/testing.ts'
import { type Cookie, type CookieState, CookietinError, isSettled, type Transition } from '../../../src/index.ts'
import { parameters } from '../../support/models/seed.ts'

// A cookie under random sequences of requests, some of them made inside of its own subscribers, on an engine that fails at random.

type Request = 'prepare' | 'run' | 'freeze' | 'unfreeze' | 'kill' | 'cancel' | 'close'
type Step = Request | { readonly advance: number } | 'turn'

const request = fc.constantFrom<Request>('prepare', 'run', 'freeze', 'unfreeze', 'kill', 'cancel', 'close')
const step = fc.oneof(
  { weight: 4, arbitrary: request },
  { weight: 2, arbitrary: fc.constant<Step>('turn') },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 400 }).map(advance => ({ advance })) },
)
const calls = ['prepare', 'start', 'pause', 'unpause', 'kill'] as const
const script: fc.Arbitrary<MockRun> = fc
  .record({
    exitCode: fc.constantFrom(0, 0, 3, 137),
    runFor: fc.constantFrom(0, 50, 500, Number.POSITIVE_INFINITY),
    stdout: fc.constantFrom('', 'hello'),
    failing: fc.option(fc.constantFrom(...calls), { nil: undefined, freq: 3 }),
    hanging: fc.option(fc.constantFrom(...calls), { nil: undefined, freq: 4 }),
    engineLost: fc.option(fc.constantFrom(10, 200), { nil: undefined, freq: 6 }),
  })
  .map(({ failing, hanging, engineLost, ...run }) => ({
    ...run,
    ...(failing && { [`${failing}Error`]: new CookietinError('ERR_COOKIETIN_ENGINE_ERROR', `${failing} failed`) }),
    ...(hanging && { hangOn: hanging as MockCall }),
    ...(engineLost && { engineLost }),
  }))
const reactions = fc.array(
  fc.tuple(
    fc.constantFrom<CookieState>(
      'preparing',
      'prepared',
      'starting',
      'running',
      'freezing',
      'frozen',
      'done',
      'stopping',
    ),
    request,
  ),
  { maxLength: 3 },
)

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

const perform: Readonly<Record<Request, (cookie: Cookie) => Promise<unknown>>> = {
  prepare: cookie => cookie.prepare(),
  run: async cookie => (await cookie.run()).wait(),
  freeze: cookie => cookie.freeze(),
  unfreeze: cookie => cookie.unfreeze(),
  kill: cookie => cookie.kill(),
  cancel: cookie => cookie.cancel('the test says so'),
  close: cookie => cookie.close(),
}

it('a cookie settles every request, keeps to its states, and leaves nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), script, reactions, async (steps, run, reactions) => {
      const clock = new SimulatedClock()
      const driver = createMockDriver(run, { clock })
      const cookie = await driver.createCookie({ image: 'any', timeout: 300 })
      const transitions: Transition[] = []
      const made: Promise<unknown>[] = []
      const make = (name: Request) => {
        const promise = perform[name](cookie)
        promise.catch(() => {})
        made.push(promise)
      }
      const left = [...reactions]
      cookie.transitions$.subscribe(transition => {
        transitions.push(transition)
        const index = left.findIndex(([state]) => state === transition.to)
        if (index !== -1) make(left.splice(index, 1)[0]?.[1] ?? 'cancel')
      })
      for (const next of steps) {
        if (next === 'turn') await turn()
        else if (typeof next === 'string') make(next)
        else {
          clock.increment(next.advance)
          await turn()
        }
      }
      make('close')
      // What hangs on the engine ends with the grace, and the removal releases the rest.
      for (let round = 0; round < 8; round++) {
        await turn()
        clock.increment(20_000)
      }
      const outcomes = await Promise.allSettled(made)

      const path = transitions.map(({ to }) => to)
      expect(transitions.map(({ from }) => from)).toEqual(['created', ...path.slice(0, -1)])
      expect([cookie.state, path.at(-1)]).toEqual(['closed', 'closed'])
      expect(path.filter(isSettled).length).toBe(1)
      expect(driver.remaining).toEqual([])
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(CookietinError)
      }
      const results = outcomes.flatMap(outcome =>
        outcome.status === 'fulfilled' && typeof outcome.value === 'object' ? [outcome.value] : [],
      )
      expect(new Set(results).size).toBeLessThanOrEqual(1)
      await driver.close()
    }),
    parameters,
  )
})
