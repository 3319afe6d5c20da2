import { openFilter, openSearch } from './search.ts'
import { turnTheme } from './theme.ts'
import { currentView, select, session, show, stepBy } from './view.ts'

/** Actions by the names of their keys. */
export type Acts = Readonly<Record<string, () => void>>

const everywhere: Acts = {
  '/': openFilter,
  s: openSearch,
  ArrowLeft: () => stepBy(-1),
  ArrowRight: () => stepBy(1),
  l: () => show({ cursor: undefined }),
  ' ': () => session.pause(!session.paused),
  1: () => show({ tab: 'table', search: undefined }),
  2: () => show({ tab: 'timeline', search: undefined }),
  t: turnTheme,
  '?': () => show({ help: true }),
  Escape: () => select(undefined),
}

/** The keys of the shown components, which take precedence over those of the page. */
const shown: (() => Acts)[] = []

/** Adds keys, and returns a function that removes them. `acts` is called for each key that is pressed. */
export function addKeys(acts: () => Acts): () => void {
  shown.unshift(acts)
  return () => {
    shown.splice(shown.indexOf(acts), 1)
  }
}

const actOf = (key: string) => shown.map(acts => acts()[key]).find(act => act !== undefined) ?? everywhere[key]

/** True where a key scrolls the focused element: the arrows in the statechart, the others anywhere in the details. */
const scrolls = (key: string, target: Element): boolean =>
  (/^Arrow(Up|Down)$/.test(key) && target.closest('.chart-box') !== null) ||
  (/^(Page|Home|End)/.test(key) && target.closest('.details') !== null)

/** Handles the keys of the whole page, except where a field or a button uses them. */
export function listenToKeys(): void {
  addEventListener('keydown', event => {
    const { key, target } = event
    const act = actOf(key)
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey || currentView().help) return
    if (!(target instanceof Element)) return
    if (target.matches('input, select, textarea')) {
      if (key === 'Escape' && target instanceof HTMLElement) target.blur()
      // A slider does not use Space.
      if (key !== ' ' || !target.matches('[type=range]')) return
    }
    if (key === ' ' && target.matches('button, summary, a')) return
    if (scrolls(key, target)) return
    event.preventDefault()
    act()
    show({})
  })
}
