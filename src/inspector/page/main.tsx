import { render } from 'preact'
import { App } from './app.tsx'
import { loadElk } from './chart/elk-worker.ts'
import { followAddress } from './view/follow-address.ts'
import { listenToKeys } from './view/keys.ts'
import './style/base.css'
import './style/colours.css'
import './style/layout.css'
import './style/notices.css'
import './style/table.css'
import './style/trends.css'
import './style/chart.css'
import './style/timeline.css'
import './style/details.css'
import './style/output.css'
import './style/search.css'
import './style/phone.css'
import { restoreTheme } from './view/theme.ts'
import { session } from './view/view.ts'

restoreTheme()
listenToKeys()
followAddress()
loadElk()
session.connect()
render(<App />, document.body)
