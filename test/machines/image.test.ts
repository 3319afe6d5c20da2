import { afterAll, describe, expect, it } from 'vitest'
import { createActor, SimulatedClock } from 'xstate'
import { imageMachine } from '../../machines/image.ts'
import type { ImageInput } from '../../machines/types/image.ts'
import { CookietinError, type ErrorCode } from '../../src/errors.ts'
import { ActorStubs, driven } from './actor-stubs.ts'
import { TransitionCoverage } from './transition-coverage.ts'

const coverage = new TransitionCoverage()
const failure = (code: ErrorCode) => new CookietinError(code, 'so it was')
const unreachable = new CookietinError('ERR_COOKIETIN_REGISTRY_UNREACHABLE', 'so it was', { retryable: true })

/** An image's actor whose engine and clock the test drives. */
function setup(input: Partial<ImageInput> = {}) {
  const clock = new SimulatedClock()
  const stubs = new ActorStubs()
  const machine = imageMachine.provide({ actors: { look: stubs.actor<boolean>('look'), pull: stubs.actor('pull') } })
  const defaults = { retries: 2, retryDelay: 1_000, retryMaxDelay: 1_500, jitter: 1, timeout: 60_000 }
  const actor = createActor(machine, {
    input: { image: 'x:1', policy: 'missing', ...defaults, ...input },
    clock,
    inspect: coverage.inspect,
  })
  actor.start()
  return driven(actor, stubs, clock)
}

describe('an image', () => {
  it('that is present is not pulled', async () => {
    const image = setup()
    expect(image.state).toBe('looking')
    await image.settle(true)
    expect([image.state, image.calls]).toEqual(['present', ['look']])
  })

  it('that is missing is pulled', async () => {
    const image = setup()
    await image.settle(false)
    expect([image.state, image.context.attempt]).toEqual(['pulling', 1])
    await image.settle(undefined)
    expect(image.state).toBe('present')
  })

  it('is pulled without a look by the policy always', async () => {
    const image = setup({ policy: 'always' })
    expect([image.state, image.calls]).toEqual(['pulling', ['pull']])
  })

  it('that is missing fails by the policy never', async () => {
    const image = setup({ policy: 'never' })
    await image.settle(false)
    expect([image.state, image.calls]).toEqual(['failed', ['look']])
    const there = setup({ policy: 'never' })
    await there.settle(true)
    expect(there.state).toBe('present')
  })

  it('fails when the look fails', async () => {
    const image = setup()
    await image.settle(failure('ERR_COOKIETIN_ENGINE_TIMEOUT'))
    expect([image.state, image.context.error]).toEqual(['failed', failure('ERR_COOKIETIN_ENGINE_TIMEOUT')])
  })
})

describe('a pull that failed', () => {
  it('is retried after a delay that doubles, up to its bound', async () => {
    const image = setup({ policy: 'always' })
    await image.settle(unreachable)
    expect([image.state, image.context.delay, image.context.error]).toEqual(['waiting', 1_000, unreachable])
    image.clock.increment(999)
    expect(image.state).toBe('waiting')
    image.clock.increment(1)
    expect([image.state, image.context.attempt]).toEqual(['pulling', 2])
    await image.settle(unreachable)
    expect([image.state, image.context.delay]).toEqual(['waiting', 1_500])
    image.clock.increment(1_500)
    await image.settle(undefined)
    expect([image.state, image.calls]).toEqual(['present', ['pull', 'pull', 'pull']])
  })

  it('fails after the last retry', async () => {
    const image = setup({ policy: 'always', retries: 1 })
    await image.settle(unreachable)
    image.clock.increment(1_000)
    await image.settle(unreachable)
    expect([image.state, image.context.attempt]).toEqual(['failed', 2])
  })

  it('waits at least half of the delay, by its jitter', async () => {
    const image = setup({ policy: 'always', jitter: 0 })
    await image.settle(unreachable)
    image.clock.increment(500)
    expect(image.state).toBe('pulling')
  })

  it('fails when the next retry would begin after the timeout', async () => {
    const image = setup({ policy: 'always', timeout: 5_000 })
    image.clock.increment(4_000)
    await image.settle(unreachable)
    // The next attempt would begin at the timeout.
    expect(image.state).toBe('failed')
    const sooner = setup({ policy: 'always', timeout: 5_000 })
    sooner.clock.increment(3_999)
    await sooner.settle(unreachable)
    expect(sooner.state).toBe('waiting')
  })

  it.each([
    'ERR_COOKIETIN_IMAGE_AUTH',
    'ERR_COOKIETIN_IMAGE_NOT_FOUND',
    'ERR_COOKIETIN_IMAGE_RATE_LIMITED',
    'ERR_COOKIETIN_PULL_TIMEOUT',
    'ERR_COOKIETIN_PULL_FAILED',
    'ERR_COOKIETIN_NO_SPACE',
  ] as const)('is not retried for %s', async code => {
    const image = setup({ policy: 'always' })
    await image.settle(failure(code))
    expect([image.state, image.calls]).toEqual(['failed', ['pull']])
  })
})

describe('a pull that failed for a reason that may pass', () => {
  it.each([
    'ERR_COOKIETIN_ENGINE_UNREACHABLE',
    'ERR_COOKIETIN_ENGINE_LOST',
    'ERR_COOKIETIN_ENGINE_TIMEOUT',
    'ERR_COOKIETIN_TOO_MANY_FILES',
    'ERR_COOKIETIN_IMAGE_CORRUPT',
    'ERR_COOKIETIN_PULL_FAILED',
  ] as const)('is tried again for %s', async code => {
    const image = setup({ policy: 'always' })
    await image.settle(new CookietinError(code, 'so it was', { retryable: true }))
    expect(image.state).toBe('waiting')
  })

  it('is tried again for an error of another kind', async () => {
    const image = setup({ policy: 'always' })
    await image.settle(new Error('nobody knows this one'))
    expect(image.state).toBe('waiting')
  })

  it.each(['ERR_COOKIETIN_IMAGE_RATE_LIMITED', 'ERR_COOKIETIN_NO_SPACE', 'ERR_COOKIETIN_PULL_TIMEOUT'] as const)(
    'is not tried again for %s, which does not pass soon',
    async code => {
      const image = setup({ policy: 'always' })
      await image.settle(new CookietinError(code, 'so it was', { retryable: true }))
      expect(image.state).toBe('failed')
    },
  )
})

describe('a cancel', () => {
  it('ends the image in every state, and aborts the present call', async () => {
    const looking = setup()
    looking.cancel()
    expect([looking.state, looking.aborted()]).toEqual(['cancelled', true])
    const pulling = setup({ policy: 'always' })
    pulling.cancel()
    expect([pulling.state, pulling.aborted()]).toEqual(['cancelled', true])
    const waiting = setup({ policy: 'always' })
    await waiting.settle(unreachable)
    waiting.cancel()
    waiting.clock.increment(100_000)
    expect([waiting.state, waiting.calls]).toEqual(['cancelled', ['pull']])
  })
})

afterAll(() => coverage.expectComplete(imageMachine))
