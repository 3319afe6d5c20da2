import { assign, setup } from 'xstate'
import { finite, longestDelay } from './clock.ts'
import { providedPromise } from './provided.ts'
import type { NamespaceContext, NamespaceEvent, NamespaceInput } from './types/namespace.ts'

/** ms between the second and the third attempt in a row that fails. Doubled for each further one, up to the longest. */
const firstPause = 100
const longestPause = 10_000
/** From so many failures in a row on, the pause is the longest. */
const mostFailures = 2 + Math.ceil(Math.log2(longestPause / firstPause))

/**
 * One namespace of the prefork pool: it is held ready for a cookie to join, and made anew when it is used up or dies.
 *
 * Pure but for the actors, which a caller provides. Each is a promise that gets the namespace's own actor as its input.
 * `make` starts a container that holds the namespace; `remove` removes what exists of it. Time comes from the actor's
 * clock.
 */
export const namespaceMachine = setup({
  types: {
    context: {} as NamespaceContext,
    events: {} as NamespaceEvent,
    input: {} as NamespaceInput,
  },
  actors: {
    make: providedPromise('make'),
    remove: providedPromise('remove'),
  },
  actions: {
    forgetUses: assign({ usesLeft: ({ context }) => context.maxUses }),
    countUse: assign({ usesLeft: ({ context }) => context.usesLeft && context.usesLeft - 1, failures: 0 }),
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
    isUsedUp: ({ context }) => context.usesLeft === 0,
    rests: ({ context }) => context.rest > 0,
    // One failure may have any cause. Two in a row must not be followed by a third without a pause.
    keepsFailing: ({ context }) => context.failures > 1,
  },
  delays: {
    rest: ({ context }) => context.rest,
    pause: ({ context }) => Math.min(firstPause * 2 ** Math.max(0, context.failures - 2), longestPause),
  },
}).createMachine({
  id: 'namespace',
  context: ({ input }) => ({
    id: input.id,
    maxUses: finite(input.maxUses),
    rest: Math.min(input.rest, longestDelay),
    usesLeft: finite(input.maxUses),
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
          invoke: {
            src: 'make',
            input: ({ self }) => self,
            onDone: 'usable',
            onError: { target: 'removing', actions: 'recordFailure' },
          },
        },
        usable: {
          initial: 'free',
          exit: 'forgetUses',
          on: { died: { target: 'removing', actions: 'recordFailure' } },
          states: {
            free: {
              on: {
                lease: { target: 'leased', actions: 'countUse' },
                retire: '#namespace.open.removing',
              },
            },
            leased: {
              on: {
                release: [
                  { guard: 'isUsedUp', target: '#namespace.open.removing' },
                  { guard: 'rests', target: 'resting' },
                  { target: 'free' },
                ],
              },
            },
            resting: { after: { rest: 'free' } },
          },
        },
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
