import { readAddress, writeAddress } from './address.ts'
import { currentView, onChoice, session, show } from './view.ts'

/** How long the address waits for further changes, in ms: browsers refuse too many of them a second. */
const settleAfter = 250

/** Keeps the page's address, and with it the browser's Back, in step with the view. */
export function followAddress(): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const here = () => {
    const { tab, filter, search, pane } = currentView()
    const shown = { tab, filter, ...(search !== undefined && { search }), ...(pane !== 'machine' && { pane }) }
    return writeAddress({ ...shown, wanted: session.wanted }) || location.pathname
  }
  onChoice(choice => {
    clearTimeout(timer)
    if (choice === 'new') history.pushState(null, '', here())
    else timer = setTimeout(() => history.replaceState(null, '', here()), settleAfter)
  })
  addEventListener('popstate', restore)
  restore()
}

function restore(): void {
  const { tab, filter, search, pane = 'machine', wanted } = readAddress(location.hash)
  session.want(wanted)
  show({ tab, filter, search, pane, cursor: undefined }, 'restored')
}
