import {
  type ActorDetails,
  type ActorOutput,
  arrowsOf,
  type Counts,
  enteredBy,
  hops,
  type Step,
} from '../../../protocol.ts'
import type { Row } from '../model.ts'
import type { Past } from './histories.ts'

/** The known past of one actor. */
export interface History {
  readonly before: Counts
  readonly log: readonly Step[]
  /** The log was made from the known states; the events that led to them are not known. */
  readonly statesOnly: boolean
  readonly stats: readonly { readonly timestamp: number; readonly metrics: Readonly<Record<string, number>> }[]
  readonly context: unknown
  /** The task and the output, as they were fetched last. */
  readonly task?: Readonly<Record<string, unknown>>
  readonly output?: ActorOutput
}

const nothing: Counts = { states: {}, arrows: {} }

export const noHistory: History = { before: nothing, log: [], statesOnly: false, stats: [], context: undefined }

/** The parts of a history. */
export interface Sources {
  readonly past: Past
  /** The details that were fetched last. */
  readonly details?: ActorDetails | undefined
  /** Nothing later than this is shown, Unix ms. */
  readonly until?: number
  /** False while details may still arrive. */
  readonly final: boolean
}

/** An actor's past up to its row: while the page is paused or a recording stands still, later steps may be known. */
export function historyOf(row: Row, { past, details, until = Infinity, final }: Sources): History {
  const asked = details?.log ?? []
  const lastAsked = asked.at(-1)?.n ?? 0
  const told = past.steps.filter(({ n }) => n > lastAsked)
  // Older details are dropped where steps are missing after them.
  const follows = told.length === 0 || told[0]?.n === lastAsked + 1
  const log = (follows ? [...asked, ...told] : told).filter(({ n }) => n <= row.steps)
  const lastStat = details?.stats.at(-1)?.timestamp ?? -Infinity
  const stats = [...(details?.stats ?? []), ...past.samples.filter(({ timestamp }) => timestamp > lastStat)].filter(
    ({ timestamp }) => timestamp <= until,
  )
  const context = details !== undefined && lastAsked <= row.steps ? details.context : undefined
  const known = {
    ...(details?.task === undefined ? {} : { task: details.task }),
    ...(details?.output === undefined ? {} : { output: details.output }),
  }
  if (log.length > 0 || row.steps === 0 || !final) {
    const before = follows && details !== undefined ? details.before : countsBefore(row, log[0])
    return { before, log, statesOnly: false, stats, context, ...known }
  }
  return { before: nothing, log: logOfPath(row), statesOnly: true, stats, context, ...known }
}

/**
 * Visits of states and uses of arrows, up to the step with the number `upTo`. The initial state counts as visited once.
 */
export function countsOf({ before, log }: History, initial: string, upTo = Infinity): Counts {
  const states: Record<string, number> = { ...before.states }
  for (const state of initial.split(' & ')) states[state] = (states[state] ?? 0) + 1
  const known = log.filter(({ n }) => n <= upTo)
  return counted(known, { states, arrows: before.arrows })
}

function counted(log: readonly Step[], since: Counts): Counts {
  const states: Record<string, number> = { ...since.states }
  const arrows: Record<string, number> = { ...since.arrows }
  for (const state of log.flatMap(hops).flatMap(enteredBy)) states[state] = (states[state] ?? 0) + 1
  for (const arrow of log.flatMap(arrowsOf)) arrows[arrow] = (arrows[arrow] ?? 0) + 1
  return { states, arrows }
}

/** The visits that an actor's path has before the first known step. */
function countsBefore({ path }: Row, first: Step | undefined): Counts {
  if (first === undefined || first.n === 1) return nothing
  return counted(stepsOf(path.filter(([at]) => at < first.at)), nothing)
}

const logOfPath = ({ path, key }: Row): Step[] => stepsOf(path, key)

function stepsOf(path: Row['path'], key = 0): Step[] {
  return path
    .slice(1)
    .map(([at, to], index) => ({ key, n: index + 1, at, from: path[index]?.[1] ?? to, to, event: '–' }))
}
