import { arrowKey, type Counts, hops, type Step } from '../inspector/protocol.ts'

/** All that is known of one actor's past. */
export interface History {
  before: Counts
  log: Step[]
  stats: readonly { readonly timestamp: number; readonly metrics: Readonly<Record<string, number>> }[]
  context: unknown
}

export const noHistory = (): History => ({ before: { states: {}, arrows: {} }, log: [], stats: [], context: undefined })

/** Visits of states and uses of arrows up to the step with the number `upTo`, all where it is left out; the state it began in counts as visited once. */
export function countsOf({ before, log }: History, initial: string, upTo = Infinity): Counts {
  const states: Record<string, number> = { ...before.states }
  const arrows: Record<string, number> = { ...before.arrows }
  states[initial] = (states[initial] ?? 0) + 1
  for (const step of log) {
    if (step.n > upTo) break
    for (const [from, to] of hops(step)) {
      states[to] = (states[to] ?? 0) + 1
      arrows[arrowKey(from, to)] = (arrows[arrowKey(from, to)] ?? 0) + 1
    }
  }
  return { states, arrows }
}

/** Adds a step that was just told; false when it does not follow on what is known. */
export function append(history: History, step: Step): boolean {
  const last = history.log.at(-1)?.n ?? 0
  if (step.n <= last) return true
  if (last > 0 && step.n !== last + 1) return false
  history.log = [...history.log, step]
  return true
}
