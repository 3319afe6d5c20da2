import { turnTheme } from './theme.ts'
import { currentView, select, session, show, stepBy } from './view.ts'

/** What keys do, by their names. */
export type Acts = Readonly<Record<string, () => void>>

const everywhere: Acts = {
  '/': () => document.querySelector<HTMLInputElement>('#filter')?.focus(),
  ArrowLeft: () => stepBy(-1),
  ArrowRight: () => stepBy(1),
  l: () => show({ cursor: undefined }),
  ' ': () => session.pause(!session.paused),
  1: () => show({ tab: 'table' }),
  2: () => show({ tab: 'timeline' }),
  t: turnTheme,
  '?': () => show({ help: true }),
  Escape: () => select(undefined),
}

/** What is shown has keys of its own, which go before those of the page. */
const shown: (() => Acts)[] = []

/** Adds keys until what is returned is called. They are asked for anew with each key. */
export function addKeys(acts: () => Acts): () => void {
  shown.unshift(acts)
  return () => {
    shown.splice(shown.indexOf(acts), 1)
  }
}

const actOf = (key: string) => shown.map(acts => acts()[key]).find(act => act !== undefined) ?? everywhere[key]

/** True where a key scrolls what has the focus: the arrows in the statechart, the others anywhere beside the list. */
const scrolls = (key: string, target: Element): boolean =>
  (/^Arrow(Up|Down)$/.test(key) && target.closest('.chart-box') !== null) ||
  (/^(Page|Home|End)/.test(key) && target.closest('.details') !== null)

/** The keys of the whole page, where no field or button has its own use for them. */
export function listenToKeys(): void {
  addEventListener('keydown', event => {
    const { key, target } = event
    const act = actOf(key)
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey || currentView().help) return
    if (!(target instanceof Element)) return
    if (target.matches('input, select, textarea')) {
      if (key === 'Escape' && target instanceof HTMLElement) target.blur()
      // A slider has no use for this one.
      if (key !== ' ' || !target.matches('[type=range]')) return
    }
    if (key === ' ' && target.matches('button, summary, a')) return
    if (scrolls(key, target)) return
    event.preventDefault()
    act()
    show({})
  })
}
