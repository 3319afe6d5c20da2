import { setImmediate } from 'node:timers/promises'
import type { SearchAnswer } from '../protocol.ts'
import { searchAll } from '../search/search.ts'
import type { Hub } from '../tracking/hub.ts'

/** The longest text that is searched for, in characters. */
const longestText = 500

/** What a page searches for. */
interface SearchRequest {
  readonly text: string | undefined
  /** Unix ms. */
  readonly until: string | undefined
  /** Aborted when the page does not wait for the answer any longer. */
  readonly signal: AbortSignal
}

/** Searches all actors as a page requests, between the other work of the process. */
export function search(hub: Hub, { text = '', until, signal }: SearchRequest): Promise<SearchAnswer> {
  const latest = Number(until ?? Number.NaN)
  return searchAll({
    text: text.slice(0, longestText),
    actors: hub.latest,
    look: actor => actor.searched,
    ...(Number.isFinite(latest) && { until: latest }),
    signal,
    pause: () => setImmediate(),
  })
}
