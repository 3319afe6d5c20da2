import { assign, setup } from 'xstate'
import { providedPromise } from './provided.ts'
import type { SpareContext, SpareEvent, SpareInput } from './types/spare.ts'

/** ms between the second and the third attempt in a row that fails. Doubled for each further one, up to the longest. */
const firstPause = 100
const longestPause = 10_000
/** From so many failures in a row on, the pause is the longest. */
const mostFailures = 2 + Math.ceil(Math.log2(longestPause / firstPause))

/**
 * One place for a spare container: a container that is started ahead waits in it for a cookie that adopts it, and is
 * made anew when it was adopted, is outdated or dies.
 *
 * Pure but for the actors, which a caller provides. Each is a promise that gets the place's own actor as its input.
 * `make` starts a container and resolves when it waits for its task; `remove` removes what exists of it, but for a
 * container that was adopted. Time comes from the actor's clock.
 */
export const spareMachine = setup({
  types: {
    context: {} as SpareContext,
    events: {} as SpareEvent,
    input: {} as SpareInput,
  },
  actors: {
    make: providedPromise('make'),
    remove: providedPromise('remove'),
  },
  actions: {
    outdate: assign({ isOutdated: true }),
    beginAnew: assign({ isOutdated: false }),
    forgetFailures: assign({ failures: 0 }),
    recordFailure: assign({
      failures: ({ context }) => Math.min(context.failures + 1, mostFailures),
      error: ({ event }) => ('error' in event ? event.error : undefined),
    }),
    recordLeak: assign({
      failures: ({ context }) => Math.min(context.failures + 1, mostFailures),
      removeError: ({ event }) => ('error' in event ? event.error : undefined),
    }),
  },
  guards: {
    isOutdated: ({ context }) => context.isOutdated,
    // One failure may have any cause. Two in a row must not be followed by a third without a pause.
    keepsFailing: ({ context }) => context.failures > 1,
  },
  delays: {
    pause: ({ context }) => Math.min(firstPause * 2 ** Math.max(0, context.failures - 2), longestPause),
  },
}).createMachine({
  id: 'spare',
  context: ({ input }) => ({
    id: input.id,
    isOutdated: false,
    failures: 0,
    error: undefined,
    removeError: undefined,
  }),
  initial: 'open',
  states: {
    open: {
      initial: 'making',
      on: { close: 'closing' },
      states: {
        making: {
          entry: 'beginAnew',
          invoke: {
            src: 'make',
            input: ({ self }) => self,
            onDone: [{ guard: 'isOutdated', target: 'removing' }, { target: 'free' }],
            onError: { target: 'removing', actions: 'recordFailure' },
          },
          on: { retire: { actions: 'outdate' } },
        },
        // The container waits for its task.
        free: {
          on: {
            adopt: { target: 'adopted', actions: 'forgetFailures' },
            retire: 'removing',
            died: { target: 'removing', actions: 'recordFailure' },
          },
        },
        // The container belongs to its cookie. The place is empty.
        adopted: { on: { refill: 'making' } },
        removing: {
          invoke: {
            src: 'remove',
            input: ({ self }) => self,
            onDone: [{ guard: 'keepsFailing', target: 'pausing' }, { target: 'making' }],
            onError: { target: 'pausing', actions: 'recordLeak' },
          },
        },
        pausing: { after: { pause: 'making' } },
      },
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
