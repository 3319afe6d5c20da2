import { assign, setup } from 'xstate'
import { longestDelay, stopwatch } from './clock.ts'
import { providedPromise } from './provided.ts'
import type { RunContext, RunEvent, RunInput } from './types/run.ts'

/** More attempts than this are never needed. The bound keeps the number of states finite. */
const mostAttempts = 1_000

/** ms before the next attempt. */
const delayOf = ({ attempt, delay, maxDelay, jitter }: RunContext) =>
  Math.min(delay * 2 ** (attempt - 1), maxDelay) * (0.5 + jitter / 2)

/**
 * A task and its attempts, each of which is a cookie.
 *
 * Pure but for the actors, which a caller provides. Each is a promise that gets the run's own actor as its input.
 * `attempt` runs the task once, and resolves with true when that failed for a reason of any kind. `judge` resolves
 * with whether another attempt is to follow. Time comes from the actor's clock.
 */
export const runMachine = setup({
  types: {
    context: {} as RunContext,
    events: {} as RunEvent,
    input: {} as RunInput,
  },
  actors: {
    attempt: providedPromise<boolean>('attempt'),
    judge: providedPromise<boolean>('judge'),
    stopwatch,
  },
  actions: {
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    chooseWait: assign({ wait: ({ context }) => delayOf(context) }),
    endWanted: assign({ cancelled: true }),
  },
  guards: {
    mayFollow: ({ context, event }) =>
      'output' in event && event.output === true && !context.cancelled && context.attempt < context.attempts,
    isWanted: ({ event }) => 'output' in event && event.output === true,
  },
}).createMachine({
  id: 'run',
  context: ({ input }) => ({
    id: input.id,
    attempts: Math.min(input.attempts, mostAttempts),
    delay: Math.min(input.delay, longestDelay),
    maxDelay: Math.min(input.maxDelay, longestDelay),
    jitter: input.jitter,
    attempt: 0,
    wait: 0,
    cancelled: false,
  }),
  initial: 'attempting',
  states: {
    attempting: {
      entry: 'countAttempt',
      invoke: {
        src: 'attempt',
        input: ({ self }) => self,
        onDone: [{ guard: 'mayFollow', target: 'between' }, { target: 'ended' }],
        onError: 'ended',
      },
      // The attempt ends by itself, and decides how the run ended.
      on: { cancel: { actions: 'endWanted' } },
    },
    // An attempt has failed, and no container runs.
    between: {
      initial: 'judging',
      on: { cancel: { target: 'ended', actions: 'endWanted' } },
      states: {
        judging: {
          invoke: {
            src: 'judge',
            input: ({ self }) => self,
            onDone: [{ guard: 'isWanted', target: 'waiting' }, { target: '#run.ended' }],
            onError: '#run.ended',
          },
        },
        waiting: {
          entry: 'chooseWait',
          // Starts again when a snapshot is restored, unlike a delayed transition.
          invoke: { id: 'stopwatch', src: 'stopwatch', input: ({ context }) => ({ ms: delayOf(context) }) },
          on: { timeout: '#run.attempting' },
        },
      },
    },
    ended: { type: 'final' },
  },
})
