import { type Browser, type BrowserContextOptions, chromium as launcher, type Page } from 'playwright-core'

/** The path of Debian's package. */
export const chromium = '/usr/bin/chromium'

/** Starts Chromium without its own background requests. */
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

/** A page whose errors, and requests to other hosts, are recorded. */
export interface WatchedPage {
  readonly page: Page
  readonly errors: string[]
  readonly foreign: string[]
}

/** Opens a URL. Requests to any other host are recorded and aborted. */
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
