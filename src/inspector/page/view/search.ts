import { useEffect, useState } from 'preact/hooks'
import type { FoundStep, SearchAnswer } from '../../protocol.ts'
import { wordsOf } from '../../search/match.ts'
import { search } from '../data/search.ts'
import { currentView, select, session, show } from './view.ts'

/** How long the page waits for further letters, in ms. */
const settleAfter = 200

/** A search: what it has found, and when it was made. */
export interface Results {
  readonly text: string
  readonly answer: SearchAnswer
  /** Unix ms. */
  readonly at: number
}

/** Searches all actors whenever the text, or what is shown of the past, changes; and again when `repeat` is called. */
export function useSearch(text: string) {
  const [results, setResults] = useState<Results>()
  const [count, setCount] = useState(0)
  const { player, pausedAt, link } = session
  useEffect(() => {
    if (wordsOf(text).length === 0) {
      setResults(undefined)
      return
    }
    const gone = new AbortController()
    const timer = setTimeout(async () => {
      const answer = await search(session, text, gone.signal)
      if (!gone.signal.aborted) setResults({ text, answer, at: Date.now() })
    }, settleAfter)
    return () => {
      clearTimeout(timer)
      gone.abort()
    }
  }, [text, count, player?.at, pausedAt, link])
  return { results, repeat: () => setCount(count + 1) }
}

/** Shows the search over all actors, and goes to its field. */
export function openSearch(): void {
  // On a narrow page the details take the place of the list.
  if (document.querySelector('.list')?.checkVisibility() === false) select(undefined)
  show({ search: currentView().search ?? '' })
  focusOn('#search')
}

/** Shows the list in place of the search, and goes to its filter. */
export function openFilter(): void {
  show({ search: undefined })
  focusOn('#filter')
}

/** Opens an actor at a step that was found. */
export function openFound({ key, n }: FoundStep): void {
  select(key)
  show({ cursor: n === 0 ? undefined : n, pane: 'log' })
}

/** Focuses a field, once it is drawn. */
function focusOn(selector: string): void {
  const focus = () => {
    const field = document.querySelector<HTMLInputElement>(selector)
    field?.focus()
    return field !== null && document.activeElement === field
  }
  if (!focus()) requestAnimationFrame(() => requestAnimationFrame(focus))
}
