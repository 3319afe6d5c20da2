import { assign, setup } from 'xstate'
import { finite, longestDelay } from './clock.ts'
import { providedPromise } from './provided.ts'
import type { SlotContext, SlotEvent, SlotInput } from './types/slot.ts'

/**
 * The life of a slot: one hot container, which serves one call at a time and is frozen between calls.
 *
 * Pure but for the actors, which a caller provides. Each is a promise that gets the slot's own actor as its input.
 * `launch` resolves when the container runs, `listen` when it listens. `freeze` and `unfreeze` act on the container.
 * `retire` kills and removes it, without thawing it first.
 */
export const slotMachine = setup({
  types: {
    context: {} as SlotContext,
    events: {} as SlotEvent,
    input: {} as SlotInput,
  },
  actors: {
    launch: providedPromise('launch'),
    listen: providedPromise('listen'),
    freeze: providedPromise('freeze'),
    unfreeze: providedPromise('unfreeze'),
    retire: providedPromise('retire'),
  },
  actions: {
    rememberCall: assign({ called: true }),
    forgetCall: assign({ called: false }),
    rememberExit: assign({ exited: true, error: ({ event }) => ('error' in event ? event.error : undefined) }),
    wantClose: assign({ closeWanted: true }),
    recordLeak: assign({ retireError: ({ event }) => ('error' in event ? event.error : undefined) }),
    causeLaunchFailed: assign({
      cause: 'launchFailed',
      error: ({ event }) => ('error' in event ? event.error : undefined),
    }),
    causeLaunchTimeout: assign({ cause: 'launchTimeout' }),
    causeFreezeFailed: assign({
      cause: 'freezeFailed',
      error: ({ event }) => ('error' in event ? event.error : undefined),
    }),
    causeExited: assign({ cause: 'exited', error: ({ event }) => ('error' in event ? event.error : undefined) }),
    causeExitedBefore: assign({ cause: 'exited' }),
    causeBroken: assign({ cause: 'broken', error: ({ event }) => ('error' in event ? event.error : undefined) }),
    causeIdle: assign({ cause: 'idle' }),
    causeEvicted: assign({ cause: 'evicted' }),
    causeClosed: assign({ cause: 'closed' }),
  },
  guards: {
    called: ({ context }) => context.called,
    closeWanted: ({ context }) => context.closeWanted,
    hasExited: ({ context }) => context.exited,
    // A time that is too long for a timer counts as none.
    freezes: ({ context }) => context.freezeAfter !== undefined && context.freezeAfter <= longestDelay,
    expires: ({ context }) =>
      !context.called && context.idleTimeout !== undefined && context.idleTimeout <= longestDelay,
  },
  delays: {
    freezeAfter: ({ context }) => Math.min(context.freezeAfter ?? longestDelay, longestDelay),
    idleTimeout: ({ context }) => Math.min(context.idleTimeout ?? longestDelay, longestDelay),
    launchTimeout: ({ context }) => context.launchTimeout,
  },
}).createMachine({
  id: 'slot',
  context: ({ input }) => ({
    id: input.id,
    freezeAfter: finite(input.freezeAfter),
    idleTimeout: finite(input.idleTimeout),
    launchTimeout: Math.min(input.launchTimeout, longestDelay),
    called: false,
    closeWanted: false,
    exited: false,
    cause: undefined,
    error: undefined,
    retireError: undefined,
  }),
  initial: 'alive',
  states: {
    alive: {
      initial: 'launching',
      on: {
        exited: { target: 'draining', actions: 'causeExited' },
        close: { target: 'draining', actions: 'causeClosed' },
      },
      states: {
        launching: {
          invoke: {
            src: 'launch',
            input: ({ self }) => self,
            onDone: 'listening',
            onError: { target: '#slot.draining', actions: 'causeLaunchFailed' },
          },
        },
        listening: {
          invoke: {
            src: 'listen',
            input: ({ self }) => self,
            onDone: 'waiting',
            onError: { target: '#slot.draining', actions: 'causeLaunchFailed' },
          },
          after: { launchTimeout: { target: '#slot.draining', actions: 'causeLaunchTimeout' } },
        },
        // Without a call: the idle time counts, thawed or frozen.
        waiting: {
          entry: 'forgetCall',
          initial: 'idle',
          after: { idleTimeout: { guard: 'expires', target: '#slot.draining', actions: 'causeIdle' } },
          states: {
            idle: {
              after: { freezeAfter: { guard: 'freezes', target: 'freezing' } },
              on: {
                call: '#slot.alive.busy',
                evict: { target: '#slot.draining', actions: 'causeEvicted' },
              },
            },
            freezing: {
              invoke: {
                src: 'freeze',
                input: ({ self }) => self,
                onDone: [{ guard: 'called', target: '#slot.alive.unfreezing' }, { target: 'frozen' }],
                onError: { target: '#slot.draining', actions: 'causeFreezeFailed' },
              },
              on: { call: { actions: 'rememberCall' } },
            },
            frozen: {
              on: {
                call: '#slot.alive.unfreezing',
                evict: { target: '#slot.draining', actions: 'causeEvicted' },
              },
            },
          },
        },
        unfreezing: {
          invoke: {
            src: 'unfreeze',
            input: ({ self }) => self,
            onDone: 'busy',
            onError: { target: '#slot.draining', actions: 'causeFreezeFailed' },
          },
        },
        // The call's response may be complete although the container has ended, so an end or a close waits for it.
        busy: {
          on: {
            served: [
              { guard: 'hasExited', target: '#slot.draining', actions: 'causeExitedBefore' },
              { guard: 'closeWanted', target: '#slot.draining', actions: 'causeClosed' },
              { target: 'waiting' },
            ],
            broken: { target: '#slot.draining', actions: 'causeBroken' },
            exited: { actions: 'rememberExit' },
            close: { actions: 'wantClose' },
          },
        },
      },
    },
    draining: {
      invoke: {
        src: 'retire',
        input: ({ self }) => self,
        onDone: 'gone',
        onError: { target: 'gone', actions: 'recordLeak' },
      },
    },
    gone: { type: 'final' },
  },
})
