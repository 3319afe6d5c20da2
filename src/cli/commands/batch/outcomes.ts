import { CookietinError } from '../../../errors.ts'
import type { Colors } from '../../output/colors.ts'
import { columns } from '../../output/columns.ts'
import { formatDuration } from '../../output/format.ts'
import { printable } from '../../output/printable.ts'
import type { Outcome } from './run.ts'

/** True unless the task ran and succeeded. */
export const hasFailed = ({ ended }: Outcome) => ended instanceof Error || ended.status !== 'success'

/** Describes an outcome: the status, and the reason of a failure. */
export function describe({ ended }: Outcome): { status: string; reason: string } {
  if (ended instanceof Error) {
    const isValid = ended instanceof CookietinError && ended.code !== 'ERR_COOKIETIN_INVALID_TASK'
    return { status: isValid ? 'failed' : 'invalid', reason: printable(ended.message) }
  }
  const { status, exitCode, error } = ended
  const reason = error === undefined || error.code === 'ERR_COOKIETIN_EXIT_NONZERO' ? '' : printable(error.message)
  return { status: status === 'error' ? `exit ${exitCode}` : status, reason }
}

/** Colours text green for a success and red for a failure. */
export function colorOutcome(outcome: Outcome, colors: Colors, text: string): string {
  return hasFailed(outcome) ? colors.red(text) : colors.green(text)
}

/** A batch of more tasks lists only the failed ones in its summary. */
const maxListed = 50

/** The table at the end of a batch, and its totals. */
export function summary(outcomes: readonly Outcome[], colors: Colors): string[] {
  const inOrder = [...outcomes].sort((a, b) => a.line - b.line)
  const rows = (inOrder.length > maxListed ? inOrder.filter(hasFailed) : inOrder).map(outcome => {
    const { status, reason } = describe(outcome)
    return [String(outcome.line), outcome.id, colorOutcome(outcome, colors, status), formatDuration(outcome.ms), reason]
  })
  const failed = outcomes.filter(hasFailed).length
  const totals = `${outcomes.length} ${outcomes.length === 1 ? 'task' : 'tasks'}: ${outcomes.length - failed} succeeded, ${failed} failed`
  const table =
    rows.length === 0 ? [] : [...columns([['LINE', 'ID', 'ENDED', 'TIME', 'WHY'].map(colors.dim), ...rows]), '']
  return [...table, failed > 0 ? colors.red(totals) : colors.green(totals)]
}
