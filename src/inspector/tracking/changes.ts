import type { Step } from '../protocol.ts'
import { showable } from './payload.ts'

type Fields = Readonly<Record<string, unknown>>

/** The fields of a machine's context that a step has changed, before and after it; undefined where it has changed none. */
export function changesBetween(before: unknown, after: unknown, secrets: readonly string[]): Step['changes'] {
  if (before === after || !isFields(before) || !isFields(after)) return undefined
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    name => !Object.is(before[name], after[name]),
  )
  if (names.length === 0) return undefined
  const shown = (fields: Fields) =>
    showable(Object.fromEntries(names.map(name => [name, fields[name]])), secrets) as Fields
  const [from, to] = [shown(before), shown(after)]
  return Object.fromEntries(
    [...new Set([...Object.keys(from), ...Object.keys(to)])].map(name => [
      name,
      { ...(name in from && { from: from[name] }), ...(name in to && { to: to[name] }) },
    ]),
  )
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null
