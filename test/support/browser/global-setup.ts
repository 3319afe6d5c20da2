import { existsSync } from 'node:fs'
import { buildPage } from '../../../scripts/build-page.ts'
import { canInstall, install } from '../engine/install.ts'
import { chromium } from './browser.ts'

/** Vitest calls this before the tests that need a browser: builds the page that they open, and installs Chromium where it is missing and may be. */
export default async function setUpBrowser(): Promise<void> {
  await buildPage()
  if (existsSync(chromium)) return
  if (canInstall()) install(['chromium'])
  else
    console.warn(
      `Skipped: the tests of the inspector's page, since there is no ${chromium}. Install Debian's package chromium`,
    )
}
