import { assign, setup } from 'xstate'
import { longestDelay, timeOf } from './clock.ts'
import { providedPromise } from './provided.ts'
import type { SlotContext, SlotEvent, SlotInput } from './slot-types.ts'

/**
 * The life of a slot: one hot container, which serves one call at a time and is frozen between calls.
 *
 * Pure but for the actors, which a caller provides and which get the slot's own actor as their input: `launch` (resolves when the
 * container runs), `listen` (resolves when it listens), `freeze`, `unfreeze`, `retire` (kills and removes it, without thawing it first).
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
    rest: assign({ idleSince: ({ self }) => timeOf(self), called: false }),
    rememberCall: assign({ called: true }),
    rememberExit: assign({ exited: true, error: ({ event }) => ('error' in event ? event.error : undefined) }),
    wantClose: assign({ closeWanted: true }),
    recordRetirement: assign({ retireError: ({ event }) => ('error' in event ? event.error : undefined) }),
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
    // A time too long for a timer is none.
    freezes: ({ context }) => context.freezeAfter <= longestDelay,
    expires: ({ context }) => context.idleTimeout <= longestDelay,
  },
  delays: {
    freezeAfter: ({ context }) => Math.min(context.freezeAfter, longestDelay),
    idleLeft: ({ context, self }) =>
      Math.min(Math.max(0, context.idleTimeout - (timeOf(self) - context.idleSince)), longestDelay),
    launchTimeout: ({ context }) => Math.min(context.launchTimeout, longestDelay),
  },
}).createMachine({
  id: 'slot',
  context: ({ input }) => ({
    id: input.id,
    freezeAfter: input.freezeAfter,
    idleTimeout: input.idleTimeout,
    launchTimeout: input.launchTimeout,
    idleSince: 0,
    called: false,
    closeWanted: false,
    exited: false,
    cause: undefined,
    error: undefined,
    retireError: undefined,
  }),
  initial: 'launching',
  states: {
    launching: {
      invoke: {
        src: 'launch',
        input: ({ self }) => self,
        onDone: 'listening',
        onError: { target: 'draining', actions: 'causeLaunchFailed' },
      },
      on: {
        exited: { target: 'draining', actions: 'causeExited' },
        close: { target: 'draining', actions: 'causeClosed' },
      },
    },
    listening: {
      invoke: {
        src: 'listen',
        input: ({ self }) => self,
        onDone: 'idle',
        onError: { target: 'draining', actions: 'causeLaunchFailed' },
      },
      after: { launchTimeout: { target: 'draining', actions: 'causeLaunchTimeout' } },
      on: {
        exited: { target: 'draining', actions: 'causeExited' },
        close: { target: 'draining', actions: 'causeClosed' },
      },
    },
    idle: {
      entry: 'rest',
      after: {
        freezeAfter: { guard: 'freezes', target: 'freezing' },
        idleLeft: { guard: 'expires', target: 'draining', actions: 'causeIdle' },
      },
      on: {
        call: 'busy',
        exited: { target: 'draining', actions: 'causeExited' },
        evict: { target: 'draining', actions: 'causeEvicted' },
        close: { target: 'draining', actions: 'causeClosed' },
      },
    },
    freezing: {
      invoke: {
        src: 'freeze',
        input: ({ self }) => self,
        onDone: [{ guard: 'called', target: 'unfreezing' }, { target: 'frozen' }],
        onError: { target: 'draining', actions: 'causeFreezeFailed' },
      },
      on: {
        call: { actions: 'rememberCall' },
        exited: { target: 'draining', actions: 'causeExited' },
        close: { target: 'draining', actions: 'causeClosed' },
      },
    },
    frozen: {
      after: { idleLeft: { guard: 'expires', target: 'draining', actions: 'causeIdle' } },
      on: {
        call: 'unfreezing',
        exited: { target: 'draining', actions: 'causeExited' },
        evict: { target: 'draining', actions: 'causeEvicted' },
        close: { target: 'draining', actions: 'causeClosed' },
      },
    },
    unfreezing: {
      invoke: {
        src: 'unfreeze',
        input: ({ self }) => self,
        onDone: 'busy',
        onError: { target: 'draining', actions: 'causeFreezeFailed' },
      },
      on: {
        exited: { target: 'draining', actions: 'causeExited' },
        close: { target: 'draining', actions: 'causeClosed' },
      },
    },
    busy: {
      on: {
        served: [
          { guard: 'hasExited', target: 'draining', actions: 'causeExitedBefore' },
          { guard: 'closeWanted', target: 'draining', actions: 'causeClosed' },
          { target: 'idle' },
        ],
        broken: { target: 'draining', actions: 'causeBroken' },
        // Its answer may be there whole all the same: the end of the connection says whether it is.
        exited: { actions: 'rememberExit' },
        close: { actions: 'wantClose' },
      },
    },
    draining: {
      invoke: {
        src: 'retire',
        input: ({ self }) => self,
        onDone: 'gone',
        onError: { target: 'gone', actions: 'recordRetirement' },
      },
    },
    gone: { type: 'final' },
  },
})
