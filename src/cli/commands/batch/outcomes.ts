import { CookietinError } from '../../../errors.ts'
import type { Colors } from '../../output/colors.ts'
import { columns, shorten } from '../../output/columns.ts'
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
export function summary(outcomes: readonly Outcome[], colors: Colors, skipped = 0): string[] {
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
  const again = skipped > 0 ? `, ${skipped} skipped` : ''
  const totals = `${outcomes.length} ${outcomes.length === 1 ? 'task' : 'tasks'}: ${totalsOf(outcomes)}${again}`
  const table =
    rows.length === 0 ? [] : [...columns([['LINE', 'ID', 'ENDED', 'TIME', 'WHY'].map(colors.dim), ...rows]), '']
  return [
    ...table,
    ...lastLinesOf(inOrder, colors),
    outcomes.some(hasFailed) ? colors.red(totals) : colors.green(totals),
  ]
}

/** The last lines of standard error of so many failed tasks are shown at most. */
const maxTails = 20
/** Characters of such a line that are shown. */
const maxTailWidth = 200

function lastLinesOf(outcomes: readonly Outcome[], colors: Colors): string[] {
  const failed = outcomes.filter(outcome => !wasCancelled(outcome) && (outcome.lastLines?.length ?? 0) > 0)
  const shown = failed
    .slice(0, maxTails)
    .flatMap(({ line, id, lastLines = [] }) => [
      colors.bold(`line ${line}  ${printable(id)}`),
      ...lastLines.map(text => `  ${shorten(text, maxTailWidth)}`),
      '',
    ])
  const more = failed.length - maxTails
  return more > 0 ? [...shown, `and standard error of ${more} more failed tasks`, ''] : shown
}
