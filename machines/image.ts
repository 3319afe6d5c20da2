import { assign, setup } from 'xstate'
import { elapsedOf, longestDelay, stopwatch } from './clock.ts'
import { providedPromise } from './provided.ts'
import type { ImageContext, ImageEvent, ImageInput } from './types/image.ts'

/** Failures that a retry does not overcome, or not soon. Every other failure that may pass is retried. */
const final: ReadonlySet<unknown> = new Set([
  'ERR_COOKIETIN_IMAGE_NOT_FOUND',
  'ERR_COOKIETIN_IMAGE_AUTH',
  'ERR_COOKIETIN_IMAGE_RATE_LIMITED',
  'ERR_COOKIETIN_PULL_TIMEOUT',
  'ERR_COOKIETIN_NO_SPACE',
  'ERR_COOKIETIN_API_VERSION',
  'ERR_COOKIETIN_INVALID_TASK',
  'ERR_COOKIETIN_CANCELLED',
  'ERR_COOKIETIN_CLOSED',
])

/** An error that does not say whether it may pass counts as passing. */
const isPassing = (error: unknown) => {
  if (typeof error !== 'object' || error === null) return false
  const { code, retryable } = error as { readonly code?: unknown; readonly retryable?: unknown }
  return retryable !== false && !final.has(code)
}

/** More retries than this are never needed. The bound keeps the number of states finite. */
const mostRetries = 1_000

/** ms before the next attempt. */
const delayOf = ({ attempt, retryDelay, retryMaxDelay, jitter }: ImageContext) =>
  Math.min(retryDelay * 2 ** (attempt - 1), retryMaxDelay) * (0.5 + jitter / 2)

/**
 * One image made present on an engine.
 *
 * Pure but for the actors, which a caller provides. Each is a promise that gets the image's own actor as its input.
 * `look` resolves with whether the engine has the image; `pull` pulls it once. Time comes from the actor's clock.
 */
export const imageMachine = setup({
  types: {
    context: {} as ImageContext,
    events: {} as ImageEvent,
    input: {} as ImageInput,
  },
  actors: {
    look: providedPromise<boolean>('look'),
    pull: providedPromise('pull'),
    stopwatch,
  },
  actions: {
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    recordError: assign({
      error: ({ event }) => ('error' in event ? event.error : undefined),
      elapsed: ({ self }) => elapsedOf(self),
    }),
    chooseDelay: assign({ delay: ({ context }) => delayOf(context) }),
  },
  guards: {
    alwaysPulled: ({ context }) => context.policy === 'always',
    neverPulled: ({ context }) => context.policy === 'never',
    isThere: ({ event }) => 'output' in event && event.output === true,
    // A retry that would begin after the timeout is not waited for.
    mayRetry: ({ context }) =>
      context.attempt <= context.retries &&
      context.elapsed + delayOf(context) < context.timeout &&
      isPassing(context.error),
  },
  delays: {
    delay: ({ context }) => Math.min(context.delay, longestDelay),
  },
}).createMachine({
  id: 'image',
  context: ({ input }) => ({
    image: input.image,
    policy: input.policy,
    retries: Math.min(input.retries, mostRetries),
    retryDelay: Math.min(input.retryDelay, longestDelay),
    retryMaxDelay: Math.min(input.retryMaxDelay, longestDelay),
    jitter: input.jitter,
    timeout: Math.min(input.timeout, longestDelay),
    attempt: 0,
    delay: 0,
    elapsed: 0,
    error: undefined,
  }),
  initial: 'wanted',
  states: {
    wanted: {
      // Measures the time; `timeout` bounds the pulls and the waits themselves.
      invoke: { id: 'stopwatch', src: 'stopwatch', input: { ms: undefined } },
      initial: 'choosing',
      on: { cancel: 'cancelled' },
      states: {
        // Transient: not seen from outside.
        choosing: {
          always: [{ guard: 'alwaysPulled', target: 'pulling' }, { target: 'looking' }],
        },
        looking: {
          invoke: {
            src: 'look',
            input: ({ self }) => self,
            onDone: [
              { guard: 'isThere', target: '#image.present' },
              { guard: 'neverPulled', target: '#image.failed' },
              { target: 'pulling' },
            ],
            onError: { target: '#image.failed', actions: 'recordError' },
          },
        },
        pulling: {
          entry: 'countAttempt',
          invoke: {
            src: 'pull',
            input: ({ self }) => self,
            onDone: '#image.present',
            onError: { target: 'judging', actions: 'recordError' },
          },
        },
        // Transient: not seen from outside.
        judging: {
          always: [{ guard: 'mayRetry', target: 'waiting' }, { target: '#image.failed' }],
        },
        waiting: {
          entry: 'chooseDelay',
          after: { delay: 'pulling' },
        },
      },
    },
    present: { type: 'final' },
    failed: { type: 'final' },
    cancelled: { type: 'final' },
  },
})
