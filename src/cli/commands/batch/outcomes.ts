import { CookietinError } from '../../../errors.ts'
import type { Colors } from '../../output/colors.ts'
import { columns } from '../../output/columns.ts'
import { formatDuration } from '../../output/format.ts'
import { printable } from '../../output/printable.ts'
import type { Outcome } from './run.ts'

/** True unless the task ran and succeeded. */
export const hasFailed = ({ ended }: Outcome) => ended instanceof Error || ended.status !== 'success'

/** An outcome in two phrases: what it was, and why. */
export function describe({ ended }: Outcome): { what: string; why: string } {
  if (ended instanceof Error) {
    const what = ended instanceof CookietinError && ended.code !== 'ERR_COOKIETIN_INVALID_TASK' ? 'failed' : 'invalid'
    return { what, why: printable(ended.message) }
  }
  const { status, exitCode, error } = ended
  const why = error === undefined || error.code === 'ERR_COOKIETIN_EXIT_NONZERO' ? '' : printable(error.message)
  return { what: status === 'error' ? `exit ${exitCode}` : status, why }
}

/** Green or red. */
export function paint(outcome: Outcome, colors: Colors, text: string): string {
  return hasFailed(outcome) ? colors.red(text) : colors.green(text)
}

/** Above so many rows, a summary holds only what failed. */
const most = 50

/** The table at the end of a batch, and its totals. */
export function summary(outcomes: readonly Outcome[], colors: Colors): string[] {
  const inOrder = [...outcomes].sort((a, b) => a.line - b.line)
  const rows = (inOrder.length > most ? inOrder.filter(hasFailed) : inOrder).map(outcome => {
    const { what, why } = describe(outcome)
    return [String(outcome.line), outcome.id, paint(outcome, colors, what), formatDuration(outcome.ms), why]
  })
  const failed = outcomes.filter(hasFailed).length
  const totals = `${outcomes.length} ${outcomes.length === 1 ? 'task' : 'tasks'}: ${outcomes.length - failed} succeeded, ${failed} failed`
  const table =
    rows.length === 0 ? [] : [...columns([['LINE', 'ID', 'ENDED', 'TIME', 'WHY'].map(colors.dim), ...rows]), '']
  return [...table, failed > 0 ? colors.red(totals) : colors.green(totals)]
}
