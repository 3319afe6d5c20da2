import type { Step } from '../../protocol.ts'
import type { Row } from './model.ts'

/** The number of the step that decided how an actor ended. Undefined before its end; 0 where the step is not kept. */
export const decidedAt = (log: readonly Step[], status: string | undefined): number | undefined =>
  status === undefined ? undefined : (log.find(step => step.status !== undefined)?.n ?? 0)

/** How an actor ended, and the states in which it was since then. */
export interface Outcome {
  readonly status: string
  readonly states: ReadonlySet<string>
}

/** An actor's outcome as of a step; undefined where it was not decided then. */
export function outcomeAt(
  { status, state }: Row,
  log: readonly Step[],
  cursor: number | undefined,
): Outcome | undefined {
  const decided = decidedAt(log, status)
  if (status === undefined || decided === undefined || (cursor ?? Infinity) < decided) return undefined
  const since = log.filter(({ n }) => n >= decided && n <= (cursor ?? Infinity)).map(({ to }) => to)
  return { status, states: new Set(cursor === undefined ? [...since, state] : since) }
}
