import type { FoundStep, SearchAnswer, Step } from '../protocol.ts'
import { type Match, matchOfContext, matchOfStep, wordsOf } from './match.ts'

/** How many steps are found at most, and how many of them of one actor. */
const most = 200
const mostOfOne = 20
/** How long a search works before others may, and how long it takes at most, in ms. */
const slice = 10
const longest = 10_000

/** What is searched of an actor. It is safe to show. */
export interface Searched {
  readonly key: number
  readonly id: string
  readonly machine: string
  /** Unix ms. */
  readonly created: number
  /** Its kept steps, oldest first. */
  readonly log: readonly Step[]
  /** Its context of now. It is asked for where no step holds what is searched for. */
  context(): unknown
}

/** A search over all actors. */
export interface Search<Actor> {
  readonly text: string
  /** The latest first. */
  readonly actors: readonly Actor[]
  readonly look: (actor: Actor) => Searched
  /** What is later is left out, Unix ms. */
  readonly until?: number
  /** Ends the search early. */
  readonly signal: AbortSignal
  /** Lets others work. */
  readonly pause: () => Promise<unknown>
  /** A clock, in ms. */
  readonly clock?: () => number
}

/**
 * Finds the steps whose event, data or changes of the context hold every word of a text, and the actors whose context does. It works in short slices,
 * for a bounded time, and finds a bounded number. What was found until then is the answer of a search that was ended early.
 */
export async function searchAll<Actor>(search: Search<Actor>): Promise<SearchAnswer> {
  const { text, actors, look, until = Infinity } = search
  const words = wordsOf(text)
  const slices = new Slices(search)
  const found: FoundStep[] = []
  let more = false
  let searched = 0
  const answer = () => ({ found, more, searched, actors: actors.length })
  if (words.length === 0 || search.signal.aborted) return answer()
  for (const actor of actors) {
    let ofOne = 0
    for (const step of stepsWith(words, look(actor), until)) {
      if (slices.isOver && !(await slices.next())) return answer()
      if (step === undefined) continue
      more ||= found.length === most || ofOne === mostOfOne
      if (found.length === most) return answer()
      if (ofOne === mostOfOne) break
      ofOne += 1
      found.push(step)
    }
    searched += 1
  }
  return answer()
}

/** The steps of an actor that hold every word, the latest first; undefined for each of the others. */
function* stepsWith(
  words: readonly string[],
  { key, id, machine, created, log, context }: Searched,
  until: number,
): Generator<FoundStep | undefined> {
  const foundIn = ({ n, at, event }: Pick<Step, 'n' | 'at' | 'event'>, match: Match | undefined) =>
    match && { key, id, machine, n, at, event, ...match }
  let any = false
  for (const step of log.toReversed()) {
    const found = step.at > until ? undefined : foundIn(step, matchOfStep(step, words))
    any ||= found !== undefined
    yield found
  }
  const latest = log.at(-1) ?? { n: 0, at: created, event: '' }
  yield any || latest.at > until ? undefined : foundIn(latest, matchOfContext(context(), words))
}

/** The short times in which a search works. */
class Slices {
  readonly #search: Required<Pick<Search<never>, 'signal' | 'pause' | 'clock'>>
  readonly #last: number
  #end: number

  constructor({ signal, pause, clock = () => performance.now() }: Pick<Search<never>, 'signal' | 'pause' | 'clock'>) {
    this.#search = { signal, pause, clock }
    const now = clock()
    this.#last = now + longest
    this.#end = now + slice
  }

  get isOver(): boolean {
    return this.#search.clock() > this.#end
  }

  /** Lets others work. Resolves with false when the search has to end. */
  async next(): Promise<boolean> {
    const { signal, pause, clock } = this.#search
    await pause()
    this.#end = clock() + slice
    return !signal.aborted && clock() <= this.#last
  }
}
