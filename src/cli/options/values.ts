import type { ContainerTask } from '../../task/task.ts'
import { UsageError } from '../usage-error.ts'
import { hasUnit, parseDuration } from './duration.ts'

/** Reads the duration that an option was given, in ms. */
export function readDuration(option: string, text: string): number {
  if (!hasUnit(text)) {
    throw new UsageError(`${option}: "${text}" has no unit; write ${text}s for seconds, or ${text}ms for milliseconds`)
  }
  const duration = parseDuration(text)
  if (duration === undefined) {
    throw new UsageError(`${option}: "${text}" is not a duration; write 500ms, 5s, 2m or 1h30m`)
  }
  return duration
}

/** Reads a number of CPUs as the milli-CPUs of a task. */
export function readCpus(option: string, text: string): number {
  if (!/^(\d+(\.\d*)?|\.\d+)$/.test(text)) {
    throw new UsageError(`${option}: "${text}" is not a number of CPUs, such as 2 or 0.5`)
  }
  // Rounded up: 0 would mean no limit.
  return Math.ceil(Number(text) * 1_000)
}

/** Reads the labels that a filter wants. A name alone is refused: it would find only labels without a value. */
export function readLabelFilter(labels: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    labels.map(label => {
      const at = label.indexOf('=')
      if (at < 1) throw new UsageError(`--label: "${label}" is not NAME=VALUE`)
      return [label.slice(0, at), label.slice(at + 1)]
    }),
  )
}

/** Reads when to pull. */
export function readPull(text: string): NonNullable<ContainerTask['pull']> {
  if (text !== 'missing' && text !== 'always' && text !== 'never') {
    throw new UsageError(`--pull: "${text}" is not one of missing, always, never`)
  }
  return text
}

/** Reads an age, such as `24h`, or a time, as Unix time in ms. */
export function readSince(text: string): number {
  const age = parseDuration(text)
  const time = age === undefined ? new Date(/T/.test(text) ? text : `${text}T00:00`).getTime() : Date.now() - age
  if (Number.isNaN(time))
    throw new UsageError(`--since: "${text}" is not a duration, such as 24h, or a time, such as 2026-01-31`)
  return time
}
