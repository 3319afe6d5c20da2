import type { HistoryCall, HistoryRecord, HistoryRun } from '../../../history/index.ts'
import { eventName } from '../../../utils/actors/mermaid.ts'
import type { Colors } from '../../output/colors.ts'
import { columns, shorten } from '../../output/columns.ts'
import { formatDuration } from '../../output/format.ts'
import { printable } from '../../output/printable.ts'

/** The outcome of a run: its status or exit code. */
function outcome({ status, interrupted, exitCode }: HistoryRun): string {
  if (status === 'unfinished') return interrupted ? 'interrupted' : 'running'
  return status === 'error' ? `exit ${exitCode}` : printable(status)
}

function colored(run: HistoryRun, colors: Colors): string {
  const color = run.status === 'success' ? colors.green : run.status === 'unfinished' ? colors.yellow : colors.red
  return color(outcome(run))
}

/** The time from a run's start to its end. Empty for one that has not started. */
function duration({ startedAt, endedAt }: HistoryRun): string {
  return endedAt === undefined || startedAt === undefined ? '' : formatDuration(Math.max(0, endedAt - startedAt))
}

/** Formats a time as local time, to the second. */
function formatTime(time: number): string {
  const date = new Date(time)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`
}

/** Formats runs as a table. */
export function runTable(runs: readonly HistoryRun[], colors: Colors): string[] {
  const rows = runs.map(run => [
    formatTime(run.createdAt),
    printable(run.id),
    colored(run, colors),
    duration(run),
    shorten(printable(run.image), 40),
    colors.dim(shorten(printable(run.command.join(' ')), 50)),
  ])
  return columns([['CREATED', 'ID', 'ENDED', 'RAN', 'IMAGE', 'COMMAND'].map(colors.dim), ...rows])
}

/** How a call ended: its status, else the code of its error. */
const callOutcome = ({ status, error }: HistoryCall) => error ?? String(status ?? '')

/** Formats calls as a table. */
export function callTable(calls: readonly HistoryCall[], colors: Colors): string[] {
  const rows = calls.map(call => {
    const hasFailed = call.error !== undefined || (call.status ?? 0) >= 400
    return [
      formatTime(call.startedAt),
      printable(call.id),
      printable(call.functionName),
      (hasFailed ? colors.red : colors.green)(printable(callOutcome(call))),
      formatDuration(call.waited),
      formatDuration(call.duration),
      call.isCold ? 'cold' : 'warm',
      shorten(printable(call.image), 40),
    ]
  })
  return columns([['CALLED', 'ID', 'FUNCTION', 'ENDED', 'WAITED', 'TOOK', 'START', 'IMAGE'].map(colors.dim), ...rows])
}

/** Formats one run with its transitions, without a plot. */
export function runDetails(run: HistoryRecord, colors: Colors): string[] {
  const { error, transitions } = run
  const facts = [
    ['id', printable(run.id)],
    ['key', printable(run.key)],
    ['image', printable(run.image)],
    ['command', run.command.length === 0 ? "the image's own" : printable(JSON.stringify(run.command))],
    ['labels', Object.keys(run.labels).length === 0 ? '' : printable(JSON.stringify(run.labels))],
    ['attempts', run.attempts > 1 ? String(run.attempts) : ''],
    ['ended', colored(run, colors)],
    ['exit code', run.exitCode === undefined ? '' : String(run.exitCode)],
    ['out of memory', run.oomKilled ? 'yes' : ''],
    ['error', error === undefined ? '' : `${printable(error.message)} (${printable(error.code)})`],
    ['created', formatTime(run.createdAt)],
    ['ran for', duration(run)],
  ].filter(([, value]) => value !== '')
  const steps = transitions.map(({ from, to, event, at }, index) => [
    formatDuration(Math.max(0, at - (transitions[index - 1]?.at ?? run.createdAt))).padStart(8),
    printable(from ?? ''),
    '→',
    printable(to),
    colors.dim(printable(eventName(event))),
  ])
  return [
    ...columns(facts.map(([name = '', value = '']) => [colors.dim(name), value])),
    '',
    colors.dim('time in each state, and the event that ended it'),
    ...columns(steps),
  ]
}
