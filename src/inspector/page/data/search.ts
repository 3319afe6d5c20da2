import type { SearchAnswer } from '../../protocol.ts'
import { searchAll } from '../../search/search.ts'
import type { Session } from './session.ts'

/**
 * Searches all actors up to the shown time. The inspector is asked while it is connected, because it knows the most. Without it, as in a recording,
 * the page searches what it was told.
 */
export async function search(session: Session, text: string, signal: AbortSignal): Promise<SearchAnswer> {
  const { pausedAt, canFetch } = session
  if (!canFetch) return await searchTold(session, text, signal)
  try {
    const query = new URLSearchParams({ text, ...(pausedAt !== undefined && { until: String(pausedAt) }) })
    const response = await fetch(`search?${query}`, { signal })
    if (response.ok) return (await response.json()) as SearchAnswer
  } catch {
    // The connection is lost, or the answer is not needed any longer.
  }
  return await searchTold(session, text, signal)
}

function searchTold(session: Session, text: string, signal: AbortSignal): Promise<SearchAnswer> {
  return searchAll({
    text,
    actors: [...session.model.actors.values()].reverse(),
    look: row => {
      const { log, context, statesOnly } = session.historyOf(row)
      const { key, id, machine, created } = row
      return { key, id, machine, created, log: statesOnly ? [] : log, context: () => context }
    },
    signal,
    pause: () => new Promise(resolve => setTimeout(resolve)),
  })
}
