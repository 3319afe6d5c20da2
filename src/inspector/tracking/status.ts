import { type CookieState, cookieStates, isSettled } from '../../../machines/cookie-states.ts'
import { outcomeOf } from '../../../machines/outcome.ts'
import type { CookieContext } from '../../../machines/types/cookie.ts'
import type { Reason } from '../protocol.ts'

/** How an actor ended. */
export interface Ending {
  readonly status: string
  readonly reason?: Reason | undefined
  readonly exitCode?: number | undefined
  readonly errorLine?: string | undefined
}

/** A snapshot of an actor, as XState reports it. */
export interface SeenSnapshot {
  readonly value?: unknown
  readonly context?: unknown
  readonly error?: unknown
  /** XState's own status: `active`, `done`, `error` or `stopped`. */
  readonly status: string
}

const cookieNames: ReadonlySet<string> = new Set(cookieStates)

/**
 * How an actor ended, once that is decided: a run's outcome for a cookie.
 * For others, the cause that their context names, else the state in which they ended.
 */
export function endingOf(machine: string, state: string, snapshot: SeenSnapshot): Ending | undefined {
  if (machine === 'cookie' && cookieNames.has(state)) {
    return cookieEnding(state as CookieState, (snapshot.context ?? {}) as CookieContext)
  }
  if (snapshot.status === 'active') return undefined
  const { cause, error } = (snapshot.context ?? {}) as { cause?: unknown; error?: unknown }
  const status = snapshot.status !== 'done' ? snapshot.status : (causeOf(cause) ?? state)
  return { status, reason: errorReason(snapshot.error ?? error) }
}

/** The word for the cause of an end. A slot that nobody called is no longer idle then. */
function causeOf(cause: unknown): string | undefined {
  if (typeof cause !== 'string') return undefined
  return cause === 'idle' ? 'expired' : cause
}

/** How a container ended that its slot has ended: by the cause of that. Nobody has cancelled it. */
export function endingOfMember(ending: Ending, head: SeenSnapshot | undefined): Ending {
  const status = causeOf(((head?.context ?? {}) as { cause?: unknown }).cause)
  if (ending.status !== 'cancelled' || status === undefined) return ending
  return { status, reason: { message: `Its slot was ended (${status})` } }
}

function cookieEnding(state: CookieState, context: CookieContext): Ending | undefined {
  if (!isSettled(state)) return undefined
  const exitCode = context.exit?.exitCode
  if (state === 'failed') return { status: state, reason: errorReason(context.error), exitCode }
  const outcome = outcomeOf(state, context)
  if (outcome.status === 'success') return { status: outcome.status, exitCode }
  const { status, code, message } = outcome
  return { status, reason: { code, message }, exitCode }
}

function errorReason(error: unknown): Reason | undefined {
  if (error === undefined || error === null) return undefined
  if (typeof error !== 'object') return { message: String(error) }
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (typeof message !== 'string') return undefined
  return { message, ...(typeof code === 'string' ? { code } : {}) }
}
