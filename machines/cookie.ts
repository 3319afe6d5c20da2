import { assign, setup, spawnChild } from 'xstate'
import { longestDelay, timeOf } from './clock.ts'
import type { CookieContext, CookieEvent, CookieInput } from './cookie-types.ts'
import { providedCallback, providedPromise } from './provided.ts'

/**
 * The life of a cookie.
 *
 * Pure but for the actors, which a caller provides and which get the cookie's own actor as their input: `prepare`, `start`, `pause`, `unpause`, `kill`, `remove` (promises)
 * and `watch` (a callback that sends `exitSeen`, `exited`, `broken`, `lost`). Time comes from the actor's clock.
 */
export const cookieMachine = setup({
  types: {
    context: {} as CookieContext,
    events: {} as CookieEvent,
    input: {} as CookieInput,
  },
  actors: {
    prepare: providedPromise('prepare'),
    start: providedPromise('start'),
    pause: providedPromise('pause'),
    unpause: providedPromise('unpause'),
    kill: providedPromise('kill'),
    remove: providedPromise('remove'),
    watch: providedCallback('watch'),
  },
  actions: {
    startClock: assign({ runningSince: ({ self }) => timeOf(self) }),
    stopClock: assign({ ranFor: ({ context, self }) => context.ranFor + timeOf(self) - context.runningSince }),
    watch: spawnChild('watch', { id: 'watch', input: ({ self }) => self }),
    causeExit: assign({ cause: ({ context }) => context.cause ?? 'exit' }),
    causeTimeout: assign({ cause: ({ context }) => context.cause ?? 'timeout' }),
    causeCancelled: assign({
      cause: ({ context }) => context.cause ?? 'cancelled',
      reason: ({ context, event }) =>
        context.cause === undefined && event.type === 'cancel' ? event.reason : context.reason,
    }),
    causeKilled: assign({ cause: ({ context }) => context.cause ?? 'killed' }),
    causeFailed: assign({
      cause: ({ context }) => (context.cause === undefined || context.cause === 'exit' ? 'failed' : context.cause),
      error: ({ context, event }) => context.error ?? ('error' in event ? event.error : undefined),
    }),
    recordExit: assign({
      exit: ({ context, event }) => (event.type === 'exited' ? event.exit : context.exit),
      cause: ({ context }) => context.cause ?? 'exit',
    }),
    wantClose: assign({ closeWanted: true }),
    turnBack: assign({ turnBack: true }),
    goOn: assign({ turnBack: false }),
    requestMet: assign({ turnBack: false, requestError: undefined }),
    requestFailed: assign({
      turnBack: false,
      requestError: ({ event }) => ('error' in event ? event.error : undefined),
    }),
    recordLeak: assign({ closeError: ({ event }) => ('error' in event ? event.error : undefined) }),
  },
  guards: {
    // A delay too long for a timer comes in parts: time is up after the last one only.
    timeIsUp: ({ context }) => context.cause === undefined && context.timeout - context.ranFor <= longestDelay,
    timeRemains: ({ context }) => context.timeout - context.ranFor > longestDelay,
    turnedBack: ({ context }) => context.turnBack,
    closeWanted: ({ context }) => context.closeWanted,
    hasFailed: ({ context }) => context.cause === 'failed',
    hasTimedOut: ({ context }) => context.cause === 'timeout',
    wasCancelled: ({ context }) => context.cause === 'cancelled',
    wasKilled: ({ context }) => context.cause === 'killed',
    // 137 is SIGKILL's: by the kernel for memory when the flag says so, else by somebody outside.
    wasKilledOutside: ({ context: { exit } }) =>
      exit !== undefined && (exit.exitCode === 137 || (exit.oomKilled && exit.exitCode !== 0)),
  },
  delays: {
    timeLeft: ({ context }) => Math.min(Math.max(0, context.timeout - context.ranFor), longestDelay),
    grace: ({ context }) => context.grace,
    soon: 0,
  },
}).createMachine({
  id: 'cookie',
  context: ({ input }) => ({
    id: input.id,
    timeout: input.timeout,
    grace: input.grace ?? 15_000,
    ranFor: 0,
    runningSince: 0,
    cause: undefined,
    reason: undefined,
    exit: undefined,
    error: undefined,
    requestError: undefined,
    turnBack: false,
    closeWanted: false,
    closeError: undefined,
  }),
  initial: 'created',
  states: {
    created: {
      on: {
        prepare: 'preparing',
        cancel: { target: 'cancelled', actions: 'causeCancelled' },
        kill: { target: 'killed', actions: 'causeKilled' },
        close: { target: 'cancelled', actions: ['causeCancelled', 'wantClose'] },
      },
    },
    preparing: {
      invoke: {
        src: 'prepare',
        input: ({ self }) => self,
        onDone: 'prepared',
        onError: { target: 'failed', actions: 'causeFailed' },
      },
      on: {
        cancel: { target: 'cancelled', actions: 'causeCancelled' },
        kill: { target: 'killed', actions: 'causeKilled' },
        close: { target: 'cancelled', actions: ['causeCancelled', 'wantClose'] },
      },
    },
    prepared: {
      on: {
        run: 'starting',
        cancel: { target: 'cancelled', actions: 'causeCancelled' },
        kill: { target: 'killed', actions: 'causeKilled' },
        close: { target: 'cancelled', actions: ['causeCancelled', 'wantClose'] },
      },
    },
    starting: {
      entry: 'watch',
      invoke: {
        src: 'start',
        input: ({ self }) => self,
        onDone: 'running',
        onError: { target: 'settling', actions: 'causeFailed' },
      },
      on: {
        exitSeen: { actions: 'causeExit' },
        exited: { target: 'settling', actions: 'recordExit' },
        broken: { target: 'stopping', actions: 'causeFailed' },
        lost: { target: 'settling', actions: 'causeFailed' },
        cancel: { target: 'stopping', actions: 'causeCancelled' },
        kill: { target: 'stopping', actions: 'causeKilled' },
        close: { target: 'stopping', actions: ['causeCancelled', 'wantClose'] },
      },
    },
    running: {
      entry: 'startClock',
      exit: 'stopClock',
      after: {
        timeLeft: [
          { guard: 'timeIsUp', target: 'stopping', actions: 'causeTimeout' },
          { guard: 'timeRemains', target: 'running', reenter: true },
        ],
      },
      on: {
        freeze: 'freezing',
        exitSeen: { actions: 'causeExit' },
        exited: { target: 'settling', actions: 'recordExit' },
        broken: { target: 'stopping', actions: 'causeFailed' },
        lost: { target: 'settling', actions: 'causeFailed' },
        cancel: { target: 'stopping', actions: 'causeCancelled' },
        kill: { target: 'stopping', actions: 'causeKilled' },
        close: { target: 'stopping', actions: ['causeCancelled', 'wantClose'] },
      },
    },
    freezing: {
      entry: 'startClock',
      exit: 'stopClock',
      invoke: {
        src: 'pause',
        input: ({ self }) => self,
        onDone: [
          { guard: 'turnedBack', target: 'unfreezing', actions: 'requestMet' },
          { target: 'frozen', actions: 'requestMet' },
        ],
        onError: { target: 'running', actions: 'requestFailed' },
      },
      after: {
        timeLeft: { guard: 'timeIsUp', target: 'stopping', actions: 'causeTimeout' },
      },
      on: {
        freeze: { actions: 'goOn' },
        unfreeze: { actions: 'turnBack' },
        exitSeen: { actions: 'causeExit' },
        exited: { target: 'settling', actions: 'recordExit' },
        broken: { target: 'stopping', actions: 'causeFailed' },
        lost: { target: 'settling', actions: 'causeFailed' },
        cancel: { target: 'stopping', actions: 'causeCancelled' },
        kill: { target: 'stopping', actions: 'causeKilled' },
        close: { target: 'stopping', actions: ['causeCancelled', 'wantClose'] },
      },
    },
    frozen: {
      on: {
        unfreeze: 'unfreezing',
        exitSeen: { actions: 'causeExit' },
        exited: { target: 'settling', actions: 'recordExit' },
        broken: { target: 'stopping', actions: 'causeFailed' },
        lost: { target: 'settling', actions: 'causeFailed' },
        cancel: { target: 'stopping', actions: 'causeCancelled' },
        kill: { target: 'stopping', actions: 'causeKilled' },
        close: { target: 'stopping', actions: ['causeCancelled', 'wantClose'] },
      },
    },
    unfreezing: {
      invoke: {
        src: 'unpause',
        input: ({ self }) => self,
        onDone: [
          { guard: 'turnedBack', target: 'freezing', actions: 'requestMet' },
          { target: 'running', actions: 'requestMet' },
        ],
        onError: { target: 'frozen', actions: 'requestFailed' },
      },
      on: {
        freeze: { actions: 'turnBack' },
        unfreeze: { actions: 'goOn' },
        exitSeen: { actions: 'causeExit' },
        exited: { target: 'settling', actions: 'recordExit' },
        broken: { target: 'stopping', actions: 'causeFailed' },
        lost: { target: 'settling', actions: 'causeFailed' },
        cancel: { target: 'stopping', actions: 'causeCancelled' },
        kill: { target: 'stopping', actions: 'causeKilled' },
        close: { target: 'stopping', actions: ['causeCancelled', 'wantClose'] },
      },
    },
    // The cause is recorded before the signal is sent, so that the exit it brings about cannot claim to have been first.
    stopping: {
      invoke: { src: 'kill', input: ({ self }) => self, onError: {} },
      after: { grace: 'settling' },
      on: {
        exited: { target: 'settling', actions: 'recordExit' },
        lost: { target: 'settling', actions: 'causeFailed' },
        close: { actions: 'wantClose' },
      },
    },
    // Never seen from outside: it only picks the settled state. First cause wins, then the evidence.
    settling: {
      always: [
        { guard: 'hasFailed', target: 'failed' },
        { guard: 'hasTimedOut', target: 'timeout' },
        { guard: 'wasCancelled', target: 'cancelled' },
        { guard: 'wasKilled', target: 'killed' },
        { guard: 'wasKilledOutside', target: 'killed' },
        { target: 'done' },
      ],
    },
    done: {
      after: { soon: { guard: 'closeWanted', target: 'closing' } },
      on: { close: 'closing' },
    },
    timeout: {
      after: { soon: { guard: 'closeWanted', target: 'closing' } },
      on: { close: 'closing' },
    },
    killed: {
      after: { soon: { guard: 'closeWanted', target: 'closing' } },
      on: { close: 'closing' },
    },
    cancelled: {
      after: { soon: { guard: 'closeWanted', target: 'closing' } },
      on: { close: 'closing' },
    },
    failed: {
      after: { soon: { guard: 'closeWanted', target: 'closing' } },
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
