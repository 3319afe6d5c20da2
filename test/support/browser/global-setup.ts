import { existsSync } from 'node:fs'
import { buildPage } from '../../../scripts/build/page.ts'
import { canInstall, install } from '../engine/install.ts'
import { chromium } from './browser.ts'

/**
 * Vitest calls this before the tests that need a browser. Builds the page that they open, and installs Chromium if it
 * is missing.
 *
 * @throws Error where Chromium is missing and cannot be installed.
 */
export default async function setUpBrowser(): Promise<void> {
  await buildPage()
  if (existsSync(chromium)) return
  if (!canInstall()) {
    throw new Error(
      `The tests of the inspector's page need ${chromium}. Install Debian's package chromium, or run the tests as root on Debian or Ubuntu, where it is installed for you.`,
    )
  }
  install(['chromium'])
}
