import { render } from 'preact'
import { App } from './app.tsx'
import { loadElk } from './chart/elk.ts'
import { followAddress } from './view/follow-address.ts'
import { listenToKeys } from './view/keys.ts'
import './style/base.css'
import './style/colours.css'
import './style/layout.css'
import './style/notices.css'
import './style/table.css'
import './style/chart.css'
import './style/timeline.css'
import './style/details.css'
import './style/output.css'
import './style/phone.css'
import { restoreTheme } from './view/theme.ts'
import { session } from './view/view.ts'

/** How long the page waits for the code of the charts before it connects, in ms. */
const longestLoad = 2_000

restoreTheme()
listenToKeys()
followAddress()
render(<App />, document.body)
// The inspector may close soon. Charts can be drawn after that, too, so their code is loaded before any actor is shown.
const loaded = loadElk().catch(() => {})
await Promise.race([loaded, new Promise(resolve => setTimeout(resolve, longestLoad))])
session.connect()
