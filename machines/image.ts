import { assign, setup } from 'xstate'
import { longestDelay, timeOf } from './clock.ts'
import type { ImageContext, ImageEvent, ImageInput } from './image-types.ts'
import { providedPromise } from './provided.ts'

/** Failures that may be over by the next attempt. What a registry refuses (4xx), and what it did not finish in time, is not among them. */
const transient: ReadonlySet<unknown> = new Set([
  'ERR_COOKIETIN_REGISTRY_UNREACHABLE',
  'ERR_COOKIETIN_IMAGE_CORRUPT',
  'ERR_COOKIETIN_ENGINE_LOST',
])

/** ms before the next attempt. */
const delayOf = ({ attempt, retryDelay, retryMaxDelay, jitter }: ImageContext) =>
  Math.min(retryDelay * 2 ** (attempt - 1), retryMaxDelay) * (0.5 + jitter / 2)

/**
 * One image made present on an engine.
 *
 * Pure but for the actors, which a caller provides and which get the image's own actor as their input: `look` (a promise of whether the
 * image is there) and `pull`. Time comes from the actor's clock.
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
  },
  actions: {
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    recordError: assign({
      error: ({ event }) => ('error' in event ? event.error : undefined),
      elapsed: ({ context, self }) => timeOf(self) - context.startedAt,
    }),
    chooseDelay: assign({ delay: ({ context }) => delayOf(context) }),
  },
  guards: {
    alwaysPulled: ({ context }) => context.policy === 'always',
    neverPulled: ({ context }) => context.policy === 'never',
    isThere: ({ event }) => 'output' in event && event.output === true,
    // What would begin after the deadline need not be waited for.
    mayRetry: ({ context }) =>
      context.attempt <= context.retries &&
      context.elapsed + delayOf(context) < context.timeout &&
      transient.has((context.error as { code?: unknown } | undefined)?.code),
  },
  delays: {
    delay: ({ context }) => Math.min(context.delay, longestDelay),
  },
}).createMachine({
  id: 'image',
  context: ({ input, self }) => ({
    ...input,
    startedAt: timeOf(self),
    attempt: 0,
    elapsed: 0,
    delay: 0,
    error: undefined,
  }),
  initial: 'wanted',
  states: {
    // Never seen from outside: it only picks where to begin.
    wanted: {
      always: [{ guard: 'alwaysPulled', target: 'pulling' }, { target: 'looking' }],
    },
    looking: {
      invoke: {
        src: 'look',
        input: ({ self }) => self,
        onDone: [
          { guard: 'isThere', target: 'present' },
          { guard: 'neverPulled', target: 'failed' },
          { target: 'pulling' },
        ],
        onError: { target: 'failed', actions: 'recordError' },
      },
      on: { cancel: 'cancelled' },
    },
    pulling: {
      entry: 'countAttempt',
      invoke: {
        src: 'pull',
        input: ({ self }) => self,
        onDone: 'present',
        onError: { target: 'judging', actions: 'recordError' },
      },
      on: { cancel: 'cancelled' },
    },
    // Never seen from outside.
    judging: {
      always: [{ guard: 'mayRetry', target: 'waiting' }, { target: 'failed' }],
    },
    waiting: {
      entry: 'chooseDelay',
      after: { delay: 'pulling' },
      on: { cancel: 'cancelled' },
    },
    present: { type: 'final' },
    failed: { type: 'final' },
    cancelled: { type: 'final' },
  },
})
