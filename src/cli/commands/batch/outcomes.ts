import { CookietinError } from '../../../errors.ts'
import type { Colors } from '../../output/colors.ts'
import { columns } from '../../output/columns.ts'
import { formatDuration } from '../../output/format.ts'
import { printable } from '../../output/printable.ts'
import type { Outcome } from './run.ts'

/** True unless the task ran and succeeded. A cancelled task has not succeeded, either. */
export const hasFailed = ({ ended }: Outcome) => ended instanceof Error || ended.status !== 'success'

/** True for a task that was cancelled, as by Ctrl-C. */
export const wasCancelled = ({ ended }: Outcome) =>
  ended instanceof Error
    ? ended instanceof CookietinError && ended.code === 'ERR_COOKIETIN_CANCELLED'
    : ended.status === 'cancelled'

/** Counts of a batch: `3 succeeded, 1 failed`, and the cancelled ones if there are any. */
function totalsOf(outcomes: readonly Outcome[]): string {
  const cancelled = outcomes.filter(wasCancelled).length
  const failed = outcomes.filter(hasFailed).length - cancelled
  const counts = [`${outcomes.length - failed - cancelled} succeeded`, `${failed} failed`]
  return [...counts, ...(cancelled > 0 ? [`${cancelled} cancelled`] : [])].join(', ')
}

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
    return [
      String(outcome.line),
      printable(outcome.id),
      colorOutcome(outcome, colors, status),
      formatDuration(outcome.ms),
      reason,
    ]
  })
  const totals = `${outcomes.length} ${outcomes.length === 1 ? 'task' : 'tasks'}: ${totalsOf(outcomes)}`
  const table =
    rows.length === 0 ? [] : [...columns([['LINE', 'ID', 'ENDED', 'TIME', 'WHY'].map(colors.dim), ...rows]), '']
  return [...table, outcomes.some(hasFailed) ? colors.red(totals) : colors.green(totals)]
}
