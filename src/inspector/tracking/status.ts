import { cookieStates, isSettled } from '../../../machines/cookie-states.ts'

const cookieWords: ReadonlySet<string> = new Set(cookieStates)

/**
 * How an actor ended, once that is decided: a run's status for a cookie; for others the cause that their context names, else the state in which they ended.
 *
 * @param phase XState's own status of the actor: `active`, `done`, `error` or `stopped`.
 */
export function statusOf(machine: string, state: string, context: unknown, phase: string): string | undefined {
  const { cause } = (context ?? {}) as { cause?: unknown }
  if (machine === 'cookie' && cookieWords.has(state)) {
    const known = state as (typeof cookieStates)[number]
    if (!isSettled(known)) return undefined
    return known === 'done' ? (exitCodeOf(context) === 0 ? 'success' : 'error') : known
  }
  if (phase === 'active') return undefined
  if (phase !== 'done') return phase
  return typeof cause === 'string' ? cause : state
}

/** The exit code in a machine's context, where it has one. */
export function exitCodeOf(context: unknown): number | undefined {
  const { exit } = (context ?? {}) as { exit?: { exitCode?: unknown } }
  return typeof exit?.exitCode === 'number' ? exit.exitCode : undefined
}
