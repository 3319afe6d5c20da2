import { assign, setup } from 'xstate'
import type { BuddyContext, BuddyEvent, BuddyInput } from './namespace-types.ts'
import { providedPromise } from './provided.ts'

/** ms before the second attempt in a row that fails is followed by a third; doubled for each further one, up to the last. */
const firstPause = 100
const longestPause = 10_000

/**
 * One buddy of the prefork pool: it holds a network namespace ready for a cookie to join, and makes a new one when that is used up or dies.
 *
 * Pure but for the actors, which a caller provides and which get the buddy's own actor as their input: `make` (a promise of a container that runs) and
 * `remove` (of whatever exists of it). Time comes from the actor's clock.
 */
export const buddyMachine = setup({
  types: {
    context: {} as BuddyContext,
    events: {} as BuddyEvent,
    input: {} as BuddyInput,
  },
  actors: {
    make: providedPromise('make'),
    remove: providedPromise('remove'),
  },
  actions: {
    beginNew: assign({ uses: 0 }),
    countUse: assign({ uses: ({ context }) => context.uses + 1, failures: 0 }),
    recordFailure: assign({
      failures: ({ context }) => context.failures + 1,
      error: ({ event }) => ('error' in event ? event.error : undefined),
    }),
    recordLeak: assign({
      failures: ({ context }) => context.failures + 1,
      removeError: ({ event }) => ('error' in event ? event.error : undefined),
    }),
  },
  guards: {
    isUsedUp: ({ context }) => context.uses >= context.maxUses,
    rests: ({ context }) => context.rest > 0,
    // One failure may be anything; what fails twice in a row must not be tried without a pause.
    keepsFailing: ({ context }) => context.failures > 1,
  },
  delays: {
    rest: ({ context }) => context.rest,
    pause: ({ context }) => Math.min(firstPause * 2 ** Math.max(0, context.failures - 2), longestPause),
  },
}).createMachine({
  id: 'buddy',
  context: ({ input }) => ({ ...input, uses: 0, failures: 0, error: undefined, removeError: undefined }),
  initial: 'making',
  states: {
    making: {
      entry: 'beginNew',
      invoke: {
        src: 'make',
        input: ({ self }) => self,
        onDone: 'free',
        onError: { target: 'removing', actions: 'recordFailure' },
      },
      on: { close: 'closing' },
    },
    free: {
      on: {
        lease: { target: 'leased', actions: 'countUse' },
        died: { target: 'removing', actions: 'recordFailure' },
        close: 'closing',
      },
    },
    leased: {
      on: {
        release: [{ guard: 'isUsedUp', target: 'removing' }, { guard: 'rests', target: 'resting' }, { target: 'free' }],
        died: { target: 'removing', actions: 'recordFailure' },
        close: 'closing',
      },
    },
    resting: {
      after: { rest: 'free' },
      on: {
        died: { target: 'removing', actions: 'recordFailure' },
        close: 'closing',
      },
    },
    removing: {
      invoke: {
        src: 'remove',
        input: ({ self }) => self,
        onDone: [{ guard: 'keepsFailing', target: 'pausing' }, { target: 'making' }],
        onError: { target: 'pausing', actions: 'recordLeak' },
      },
      on: { close: 'closing' },
    },
    pausing: {
      after: { pause: 'making' },
      on: { close: 'closing' },
    },
    closing: {
      invoke: {
        src: 'remove',
        input: ({ self }) => self,
        onDone: 'closed',
        onError: { target: 'closed', actions: 'recordLeak' },
      },
    },
    closed: { type: 'final' },
  },
})
