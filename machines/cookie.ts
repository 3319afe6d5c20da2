import { assign, setup } from 'xstate'
import { elapsedOf, finite, longestDelay, stopwatch } from './clock.ts'
import { isKilledOutside } from './outcome.ts'
import { providedCallback, providedPromise } from './provided.ts'
import { type CookieContext, type CookieEvent, type CookieInput, stopOf } from './types/cookie.ts'

/**
 * The life of a cookie: one container run.
 *
 * Pure but for the actors, which a caller provides. Each gets the cookie's own actor as its input. `prepare`, `start`,
 * `pause`, `unpause`, `terminate`, `kill`, `collect` and `remove` are promises; `watch` is a callback that sends `exitSeen`,
 * `exited`, `broken` and `lost`. `terminate` thaws the container first where the context's `mayBeFrozen` says so, then
 * sends `stopSignal`. Time comes from the actor's clock.
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
    terminate: providedPromise('terminate'),
    kill: providedPromise('kill'),
    collect: providedPromise('collect'),
    remove: providedPromise('remove'),
    watch: providedCallback('watch'),
    stopwatch,
  },
  actions: {
    addTime: assign({ ranFor: ({ context, self }) => context.ranFor + elapsedOf(self) }),
    causeExit: assign({ cause: ({ context }) => context.cause ?? 'exit' }),
    causeTimeout: assign({ cause: 'timeout' }),
    causeCancelled: assign({
      cause: ({ context }) => context.cause ?? 'cancelled',
      reason: ({ context, event }) =>
        context.cause === undefined && event.type === 'cancel' ? event.reason : context.reason,
    }),
    causeKilled: assign({ cause: ({ context }) => context.cause ?? 'killed' }),
    causeOverflow: assign({ cause: 'overflow' }),
    causeFailed: assign({
      cause: ({ context }) => (context.cause === undefined || context.cause === 'exit' ? 'failed' : context.cause),
      error: ({ context, event }) => context.error ?? ('error' in event ? event.error : undefined),
    }),
    // An exit that was seen, and whose code never came, is neither a success nor an error of the task.
    causeUnknownExit: assign({ cause: ({ context }) => (context.cause === 'exit' ? 'failed' : context.cause) }),
    recordExit: assign({
      exit: ({ context, event }) => (event.type === 'exited' ? event.exit : context.exit),
      cause: ({ context }) => context.cause ?? 'exit',
    }),
    adoptStop: assign(({ context, event }) => stopOf(context, event)),
    freezes: assign({ mayBeFrozen: true }),
    thaws: assign({ mayBeFrozen: false }),
    artifactsTaken: assign({ artifacts: 'taken' }),
    artifactsFailed: assign({
      artifacts: 'failed',
      artifactsError: ({ event }) => ('error' in event ? event.error : undefined),
    }),
    artifactsLate: assign({ artifacts: 'late' }),
    artifactsStopped: assign({
      artifacts: 'stopped',
      artifactsError: ({ event }) => (event.type === 'cancel' ? event.reason : undefined),
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
    isUndecided: ({ context }) => context.cause === undefined,
    // What has ended needs no signal, and what is frozen cannot handle one.
    isGraceful: ({ context, event }) => {
      const { stopGrace, thaw } = stopOf(context, event)
      return context.cause === undefined && stopGrace > 0 && (thaw || !context.mayBeFrozen)
    },
    turnedBack: ({ context }) => context.turnBack,
    closeWanted: ({ context }) => context.closeWanted,
    // Who cancels, kills or closes a run waits for nothing of it.
    leavesArtifacts: ({ context: { artifacts, cause, closeWanted } }) =>
      artifacts !== undefined &&
      !closeWanted &&
      (cause === undefined || cause === 'exit' || cause === 'timeout' || cause === 'overflow'),
    hasFailed: ({ context }) => context.cause === 'failed',
    hasTimedOut: ({ context }) => context.cause === 'timeout',
    wasCancelled: ({ context }) => context.cause === 'cancelled',
    wasKilled: ({ context }) => context.cause === 'killed' || context.cause === 'overflow',
    wasKilledOutside: ({ context }) => isKilledOutside(context.exit),
  },
  delays: {
    grace: ({ context }) => context.grace,
    stopGrace: ({ context }) => Math.min(context.stopGrace, longestDelay),
    artifactsTimeout: ({ context }) => context.artifactsTimeout,
    soon: 0,
  },
}).createMachine({
  id: 'cookie',
  context: ({ input }) => ({
    id: input.id,
    timeout: finite(input.timeout),
    grace: Math.min(input.grace ?? 15_000, longestDelay),
    stopSignal: input.stopSignal,
    stopGrace: Math.min(input.stopGrace ?? 0, longestDelay),
    thaw: input.thaw ?? false,
    ranFor: 0,
    cause: undefined,
    reason: undefined,
    exit: undefined,
    error: undefined,
    artifactsTimeout: Math.min(input.artifactsTimeout ?? 0, longestDelay),
    artifacts: input.artifactsTimeout === undefined ? undefined : 'wanted',
    artifactsError: undefined,
    requestError: undefined,
    turnBack: false,
    mayBeFrozen: false,
    closeWanted: false,
    closeError: undefined,
  }),
  initial: 'unstarted',
  states: {
    // Nothing runs yet, so every end settles the cookie at once.
    unstarted: {
      initial: 'created',
      on: {
        cancel: { target: 'settled', actions: 'causeCancelled' },
        kill: { target: 'settled', actions: 'causeKilled' },
        close: { target: 'settled', actions: ['causeCancelled', 'wantClose'] },
      },
      states: {
        created: { on: { prepare: 'preparing' } },
        preparing: {
          invoke: {
            src: 'prepare',
            input: ({ self }) => self,
            onDone: 'prepared',
            onError: { target: '#cookie.settled', actions: 'causeFailed' },
          },
        },
        prepared: { on: { run: '#cookie.started' } },
      },
    },
    // The container may run, so its end is watched.
    started: {
      invoke: { id: 'watch', src: 'watch', input: ({ self }) => self },
      initial: 'alive',
      on: {
        exited: [
          { guard: 'leavesArtifacts', target: 'collecting', actions: 'recordExit' },
          { target: 'settled', actions: 'recordExit' },
        ],
        lost: { target: 'settled', actions: 'causeFailed' },
      },
      states: {
        alive: {
          initial: 'starting',
          on: {
            exitSeen: { actions: 'causeExit' },
            broken: { target: 'stopping', actions: 'causeFailed' },
            cancel: [
              { guard: 'isGraceful', target: 'terminating', actions: ['adoptStop', 'causeCancelled'] },
              { target: 'stopping', actions: 'causeCancelled' },
            ],
            kill: { target: 'stopping', actions: 'causeKilled' },
            overflow: [
              { guard: 'isGraceful', target: 'terminating', actions: 'causeOverflow' },
              { guard: 'isUndecided', target: 'stopping', actions: 'causeOverflow' },
            ],
            close: [
              { guard: 'isGraceful', target: 'terminating', actions: ['causeCancelled', 'wantClose'] },
              { target: 'stopping', actions: ['causeCancelled', 'wantClose'] },
            ],
          },
          states: {
            starting: {
              invoke: {
                src: 'start',
                input: ({ self }) => self,
                onDone: 'executing',
                onError: { target: '#cookie.settled', actions: 'causeFailed' },
              },
            },
            // The processes run, so the time counts towards the timeout.
            executing: {
              invoke: {
                id: 'stopwatch',
                src: 'stopwatch',
                input: ({ context: { timeout, ranFor } }) => ({ ms: timeout && timeout - ranFor }),
              },
              exit: 'addTime',
              initial: 'running',
              on: {
                timeout: [
                  { guard: 'isGraceful', target: '#cookie.started.terminating', actions: 'causeTimeout' },
                  { guard: 'isUndecided', target: '#cookie.started.stopping', actions: 'causeTimeout' },
                ],
              },
              states: {
                running: { entry: 'thaws', on: { freeze: 'freezing' } },
                freezing: {
                  entry: 'freezes',
                  invoke: {
                    src: 'pause',
                    input: ({ self }) => self,
                    onDone: [
                      { guard: 'turnedBack', target: '#cookie.started.alive.unfreezing', actions: 'requestMet' },
                      { target: '#cookie.started.alive.frozen', actions: 'requestMet' },
                    ],
                    onError: { target: 'running', actions: 'requestFailed' },
                  },
                  on: {
                    freeze: { actions: 'goOn' },
                    unfreeze: { actions: 'turnBack' },
                  },
                },
              },
            },
            frozen: { entry: 'freezes', on: { unfreeze: 'unfreezing' } },
            unfreezing: {
              entry: 'thaws',
              invoke: {
                src: 'unpause',
                input: ({ self }) => self,
                onDone: [
                  { guard: 'turnedBack', target: 'executing.freezing', actions: 'requestMet' },
                  { target: 'executing', actions: 'requestMet' },
                ],
                onError: { target: 'frozen', actions: 'requestFailed' },
              },
              on: {
                freeze: { actions: 'turnBack' },
                unfreeze: { actions: 'goOn' },
              },
            },
          },
        },
        // The cause is recorded before the signal is sent: the exit that the signal brings about is not the first
        // cause. A second request does not wait for the program.
        terminating: {
          invoke: { src: 'terminate', input: ({ self }) => self, onError: 'stopping' },
          after: { stopGrace: 'stopping' },
          on: {
            cancel: 'stopping',
            kill: 'stopping',
            close: { actions: 'wantClose' },
          },
        },
        stopping: {
          invoke: { src: 'kill', input: ({ self }) => self, onError: {} },
          after: { grace: { target: '#cookie.settled', actions: 'causeUnknownExit' } },
          on: { close: { actions: 'wantClose' } },
        },
      },
    },
    // The container has ended and is still there. The cause is decided: nothing that happens here changes it.
    collecting: {
      invoke: {
        src: 'collect',
        input: ({ self }) => self,
        onDone: { target: 'settled', actions: 'artifactsTaken' },
        onError: { target: 'settled', actions: 'artifactsFailed' },
      },
      after: { artifactsTimeout: { target: 'settled', actions: 'artifactsLate' } },
      on: {
        cancel: { target: 'settled', actions: 'artifactsStopped' },
        kill: { target: 'settled', actions: 'artifactsStopped' },
        close: { target: 'settled', actions: ['artifactsStopped', 'wantClose'] },
      },
    },
    // Every way out leads here. The first cause decides the end, then the exit.
    settled: {
      initial: 'deciding',
      after: { soon: { guard: 'closeWanted', target: 'closing' } },
      on: { close: 'closing' },
      states: {
        // Transient: not seen from outside.
        deciding: {
          always: [
            { guard: 'hasFailed', target: 'failed' },
            { guard: 'hasTimedOut', target: 'timeout' },
            { guard: 'wasCancelled', target: 'cancelled' },
            { guard: 'wasKilled', target: 'killed' },
            { guard: 'wasKilledOutside', target: 'killed' },
            { target: 'done' },
          ],
        },
        done: {},
        timeout: {},
        killed: {},
        cancelled: {},
        failed: {},
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
