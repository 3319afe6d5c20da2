import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium as launcher, type Page } from 'playwright-core'

/** Where Debian's package has it. */
export const chromium = '/usr/bin/chromium'

/** False where the tests of the page are skipped. */
export const hasBrowser = existsSync(chromium)

/** Starts Chromium, which calls nobody by itself. */
export const launchBrowser = (): Promise<Browser> =>
  launcher.launch({
    executablePath: chromium,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })

/** A page that notes what nobody may see: errors, and requests to other hosts. */
export interface WatchedPage {
  readonly page: Page
  readonly errors: string[]
  readonly foreign: string[]
}

/** Opens a URL; a request to any other host is noted and refused. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  const errors: string[] = []
  const foreign: string[] = []
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text())
  })
  page.on('pageerror', error => errors.push(error.message))
  await context.route('**/*', async route => {
    const target = new URL(route.request().url())
    if (target.hostname === '127.0.0.1' || target.protocol === 'blob:') await route.continue()
    else {
      foreign.push(target.href)
      await route.abort()
    }
  })
  await page.goto(url)
  return { page, errors, foreign }
}
