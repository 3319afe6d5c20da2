import type { Change, Step } from '../../../protocol.ts'

type Fields = Readonly<Record<string, unknown>>
export type Changes = Readonly<Record<string, Change>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A machine's context as it was after a step, from that of now: what later steps have changed is taken back. */
export function contextAt(now: unknown, log: readonly Step[], cursor: number | undefined): unknown {
  if (cursor === undefined || !isFields(now)) return now
  const later = changesIn(log, cursor)
  return Object.fromEntries(
    [...new Set([...Object.keys(now), ...Object.keys(later)])]
      .map(name => [name, Object.hasOwn(later, name) ? later[name]?.from : now[name]] as const)
      .filter(([, value]) => value !== undefined),
  )
}

/** The fields of a context that differ between two steps, before and after: `after` is left out, `upTo` counts. */
export function changesIn(log: readonly Step[], after: number, upTo = Infinity): Changes {
  const changes = new Map<string, Change>()
  for (const step of log) {
    if (step.n <= after || step.n > upTo) continue
    for (const [name, change] of Object.entries(step.changes ?? {})) {
      const { from } = changes.get(name) ?? change
      changes.set(name, { ...(from !== undefined && { from }), ...(change.to !== undefined && { to: change.to }) })
    }
  }
  return Object.fromEntries([...changes].filter(([, { from, to }]) => !isSame(from, to)))
}

/** The fields that differ between two contexts, or two tasks. */
export function differences(one: unknown, other: unknown): Changes {
  const [from, to] = [isFields(one) ? one : {}, isFields(other) ? other : {}]
  return Object.fromEntries(
    [...new Set([...Object.keys(from), ...Object.keys(to)])]
      .filter(name => !isSame(from[name], to[name]))
      .map(name => [
        name,
        { ...(from[name] !== undefined && { from: from[name] }), ...(to[name] !== undefined && { to: to[name] }) },
      ]),
  )
}

/** The values are plain data. */
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
