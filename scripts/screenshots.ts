// Takes the pictures of docs/inspector.md: `npm run screenshots`.
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { createExecutor, type Executor } from '../src/index.ts'
import { startInspector } from '../src/inspector/index.ts'
import { launchBrowser, openPage } from '../test/support/browser/browser.ts'
import { buildPage } from './build-page.ts'
import { driveBots } from './inspect/bots.ts'
import { demoDriver, demoTask, dice, keepBusy, noteFreezes } from './inspect/load.ts'

const placeOf = (name: string) => fileURLToPath(new URL(`../docs/images/inspector-${name}.png`, import.meta.url))

await buildPage()
const chance = dice(7)
const abort = new AbortController()
await using inspector = await startInspector({ control: true })
await using driver = demoDriver(chance)
await using executor = createExecutor({ driver, concurrency: 8, inspect: inspector.inspect })
const load = Promise.all([keepBusy(executor, chance, abort.signal), driveBots(inspector.inspect, chance, abort.signal)])
const browser = await launchBrowser()

const open = async (scheme: 'light' | 'dark', size = { width: 1280, height: 800 }, deviceScaleFactor = 1) =>
  (await openPage(browser, inspector.url, { colorScheme: scheme, viewport: size, deviceScaleFactor })).page
const shoot = async (page: Page, name: string) => {
  await page.screenshot({ path: placeOf(name) })
  console.log(placeOf(name))
  await page.context().close()
}

const overview = await open('light')
// Waits until there is enough history to show.
await sleep(16_000)
await overview.locator('#filter').fill('-machine:image -state:created')
await overview.locator('#filter').blur()
await overview.getByRole('button', { name: /^[1-9]\d* frozen/ }).waitFor()
await shoot(overview, 'overview')

// The picture of README.md, which shows it at a reduced size.
const cookie = await open('light', { width: 1280, height: 1640 }, 1.5)
const loaf = bake(executor)
await cookie.locator('#filter').fill('machine:cookie -state:created')
await cookie.locator('.row', { hasText: 'the-loaf' }).click()
await cookie.locator('.state.lit[data-state="running"] .visits', { hasText: '2' }).waitFor()
await sleep(900)
await shoot(cookie, 'cookie')

const timeline = await open('light')
await timeline.locator('#filter').fill('machine:cookie')
await timeline.locator('#filter').blur()
await timeline.getByRole('button', { name: 'Timeline' }).click()
await timeline.locator('.timeline-row').first().waitFor()
await sleep(500)
await shoot(timeline, 'timeline')

const dark = await open('dark')
await dark.locator('#filter').fill('machine:slot')
await dark.locator('.row').first().click()
await dark.locator('.state.lit').waitFor()
await dark.keyboard.press('Escape')
await dark.locator('#filter').fill('machine:slot,cookie')
await dark.locator('.row', { hasText: 'running' }).last().click()
await dark.locator('.state.lit').waitFor()
await sleep(2_500)
await shoot(dark, 'dark')

const phone = await open('light', { width: 390, height: 760 }, 2)
await phone.locator('#filter').fill('machine:cookie state:running,frozen')
await phone.locator('.row', { hasText: 'frozen' }).first().click()
await phone.locator('.state.lit[data-state="frozen"]').waitFor()
await shoot(phone, 'phone')

abort.abort()
await Promise.all([load, loaf])
await browser.close()

/** Runs a cookie that is frozen and thawed. */
async function bake(on: Executor): Promise<void> {
  const execution = on.run(
    { ...demoTask(0, () => 0.6), id: 'the-loaf', timeout: 20_000 },
    { priority: 1, signal: abort.signal },
  )
  noteFreezes(execution)
  const reach = (wanted: string) =>
    new Promise<void>(resolve => execution.state$.subscribe(state => state === wanted && resolve()))
  await reach('running')
  await sleep(1_600)
  await execution.freeze()
  await sleep(900)
  await execution.unfreeze()
  await execution.catch(() => {})
}
