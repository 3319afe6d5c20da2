import type { Step } from '../../../protocol.ts'
import { endOf } from '../lifetime.ts'
import type { Row } from '../model.ts'
import { isEnd } from '../state-kinds.ts'

/** One line of a comparison: a name, and what each of the two has. */
export interface Pair<Value> {
  readonly name: string
  readonly one: Value | undefined
  readonly other: Value | undefined
}

/** How long two actors stayed in each state, in ms, in the order in which they entered them. */
export function staysOf(one: Row, other: Row, now: number): Pair<number>[] {
  const [first, second] = [timesOf(one, now), timesOf(other, now)]
  return [...new Set([...first.keys(), ...second.keys()])].map(name => ({
    name,
    one: first.get(name),
    other: second.get(name),
  }))
}

function timesOf(row: Row, now: number): Map<string, number> {
  const times = new Map<string, number>()
  const end = endOf(row) ?? now
  for (const [index, [at, state]] of row.path.entries()) {
    if (isEnd(state)) continue
    const until = row.path[index + 1]?.[0] ?? end
    times.set(state, (times.get(state) ?? 0) + Math.max(0, until - at))
  }
  return times
}

/** A step of two actors side by side. One of them is missing where only the other took it. */
export interface StepPair {
  readonly one: Step | undefined
  readonly other: Step | undefined
}

const isAlike = (a: Step, b: Step) => a.event === b.event && a.from === b.from && a.to === b.to

/** The steps of two logs side by side: the longest series of like steps that both took stands in the same lines. */
export function alignedSteps(one: readonly Step[], other: readonly Step[]): StepPair[] {
  // common[i][j]: how many like steps the rests from i and from j have in common.
  const common = Array.from({ length: one.length + 1 }, () => new Uint16Array(other.length + 1))
  const at = (i: number, j: number) => common[i]?.[j] ?? 0
  for (let i = one.length - 1; i >= 0; i--) {
    for (let j = other.length - 1; j >= 0; j--) {
      const [a, b, row] = [one[i], other[j], common[i]]
      if (a === undefined || b === undefined || row === undefined) continue
      row[j] = isAlike(a, b) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const pairs: StepPair[] = []
  let [i, j] = [0, 0]
  while (i < one.length || j < other.length) {
    const [a, b] = [one[i], other[j]]
    if (a !== undefined && b !== undefined && isAlike(a, b)) pairs.push({ one: one[i++], other: other[j++] })
    else if (b === undefined || (a !== undefined && at(i + 1, j) >= at(i, j + 1)))
      pairs.push({ one: one[i++], other: undefined })
    else pairs.push({ one: undefined, other: other[j++] })
  }
  return pairs
}
