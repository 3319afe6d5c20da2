import type { History } from './history.ts'
import type { Row } from './model.ts'
import { familyOf } from './state-colors.ts'

/** Why an actor ended as it did. */
export interface Reason {
  readonly code?: string | undefined
  readonly message: string
}

/** What can be told of why an actor did not end well: its context's error, else the last one that came with an event. */
export function reasonOf({ status, state }: Row, { context, log }: History): Reason | undefined {
  if (status === undefined || familyOf(status) === 'ok') return undefined
  const known = fieldsOf(context)
  if (status === 'killed') return wasOutOfMemory(known, log) ? { message: 'out of memory' } : undefined
  if (status === 'cancelled') return typeof known.reason === 'string' ? { message: known.reason } : undefined
  if (familyOf(status) !== 'bad' && familyOf(state) !== 'bad') return undefined
  const error = known.error ?? log.findLast(({ payload }) => fieldsOf(payload).error !== undefined)?.payload
  return errorIn(error)
}

function wasOutOfMemory(context: Fields, log: History['log']): boolean {
  return [context, ...log.map(({ payload }) => fieldsOf(payload))].some(({ exit }) => fieldsOf(exit).oomKilled === true)
}

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}

/** An error as it is told, `{ error: 'TypeError', code, message }`, wherever in a payload it is. */
function errorIn(value: unknown): Reason | undefined {
  if (typeof value === 'string') return { message: value }
  const { error, code, message } = fieldsOf(value)
  if (typeof message === 'string') return { message, code: typeof code === 'string' ? code : undefined }
  return error === undefined ? undefined : errorIn(error)
}
