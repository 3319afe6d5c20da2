import { turnTheme } from './theme.ts'
import { currentView, select, session, show, stepBy } from './view.ts'

const acts: Readonly<Record<string, () => void>> = {
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

/** The keys of the whole page, where no field or button has its own use for them. */
export function listenToKeys(): void {
  addEventListener('keydown', event => {
    const act = acts[event.key]
    const { target } = event
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey || currentView().help) return
    if (!(target instanceof Element)) return
    if (target.matches('input, select, textarea')) {
      if (event.key === 'Escape' && target instanceof HTMLElement) target.blur()
      return
    }
    if (event.key === ' ' && target.matches('button, summary, a')) return
    event.preventDefault()
    act()
    show({})
  })
}
