import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openPage, type WatchedPage } from '../support/browser/browser.ts'
import { open, setup, useBrowser, withBrowser } from './setup.ts'

/** The steps that the log shows. */
const logOf = (page: Page) => page.locator('.log li')

/** Closes a page whose inspector is gone: the browser itself tells of each attempt that found nobody, and nothing else may be noted. */
async function closeWithout({ page, errors, foreign }: WatchedPage): Promise<void> {
  await page.context().close()
  expect(errors.filter(error => !/ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED)/.test(error))).toEqual([])
  expect(foreign).toEqual([])
}

describe('the past of an actor', () => {
  useBrowser()

  it('can be looked at after the inspector has closed, of those that were never looked at, too', async () => {
    const inspected = await setup()
    await inspected.executor.run({ id: 'of-before', image: 'quick' })
    await inspected.executor.onIdle()
    const watched = await openPage(withBrowser(), inspected.inspector.url)
    const { page } = watched
    await page.locator('.row', { hasText: 'of-before' }).waitFor()
    await inspected.executor.run({ id: 'the-bun', image: 'broken' })
    await inspected.executor.onIdle()
    await inspected[Symbol.asyncDispose]()
    await page.locator('.notice.ended').waitFor()
    await page.locator('.row', { hasText: 'the-bun' }).click()
    await logOf(page).filter({ hasText: 'exited' }).getByText('"exitCode":3').waitFor()
    expect(await logOf(page).count()).toBe(8)
    await page.locator('.state[data-state="running"] .visits', { hasText: '1' }).waitFor()
    // Before the page was opened: nobody told it of the steps, but the states are known.
    await page.locator('.row', { hasText: 'of-before' }).click()
    await page.getByText('Only its states are known').waitFor()
    await logOf(page).filter({ hasText: 'starting → running' }).waitFor()
    await closeWithout(watched)
  })

  it('can be looked at while the page is paused, up to where it was paused', async () => {
    await using inspected = await setup()
    const run = inspected.executor.run({ id: 'the-long-one', image: 'long' })
    const { page } = await open(inspected.inspector.url)
    await page.locator('.row', { hasText: 'running' }).waitFor()
    await page.keyboard.press(' ')
    await page.locator('.notice.paused').waitFor()
    run.cancel()
    await run
    await page.getByText('there is news').waitFor()
    await page.locator('.row', { hasText: 'the-long-one' }).click()
    await logOf(page).filter({ hasText: 'starting → running' }).waitFor()
    await page.locator('.state.lit[data-state="running"]').waitFor()
    expect(await logOf(page).filter({ hasText: 'cancel' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Resume' }).click()
    await logOf(page).filter({ hasText: 'cancel' }).first().waitFor()
  })

  it('is there when an actor was chosen while paused, nothing happened, and the page goes on', async () => {
    await using inspected = await setup()
    await inspected.executor.run({ id: 'the-bun', image: 'quick' })
    await inspected.executor.onIdle()
    const { page } = await open(inspected.inspector.url)
    await page.locator('.row').waitFor()
    await page.keyboard.press(' ')
    await page.getByText('nothing has happened since').waitFor()
    await page.locator('.row').click()
    await logOf(page).nth(7).waitFor()
    await page.keyboard.press(' ')
    await page.locator('.notice').waitFor({ state: 'detached' })
    expect(await logOf(page).count()).toBe(8)
  })

  it('of which only the end is kept says so', async () => {
    await using inspected = await setup({ maxSteps: 4 })
    await inspected.executor.run({ id: 'the-bun', image: 'quick' })
    await inspected.executor.onIdle()
    const { page } = await open(inspected.inspector.url)
    await page.locator('.row').click()
    await logOf(page).nth(4).waitFor()
    expect(await logOf(page).first().textContent()).toBe('4 earlier steps are not kept')
    expect(await logOf(page).nth(1).locator('.gap').textContent()).toBe('')
    for (let steps = 4; steps > 0; steps--) await page.keyboard.press('ArrowLeft')
    await page.getByText('before step 5: the earlier ones are not kept').waitFor()
    expect(await page.getByRole('button', { name: '◀ Back' }).isDisabled()).toBe(true)
  })

  it('survives that the inspector drops the actor, which is said', async () => {
    await using inspected = await setup({ maxActors: 1 })
    await inspected.executor.run({ id: 'the-first', image: 'quick' })
    await inspected.executor.onIdle()
    const { page } = await open(inspected.inspector.url)
    await page.locator('.row').click()
    await logOf(page).nth(7).waitFor()
    await inspected.executor.run({ id: 'the-second', image: 'quick' })
    await page.getByText('does not keep this actor any more').waitFor()
    expect(await page.locator('.details h2').textContent()).toBe('the-first')
    expect(await logOf(page).count()).toBe(8)
  })

  it('a page that is paused stays as it is when the process ends and another one comes', async () => {
    const first = await setup()
    await first.executor.run({ id: 'of-the-first', image: 'quick' })
    const { port, pathname } = new URL(first.inspector.url)
    const watched = await openPage(withBrowser(), first.inspector.url)
    const { page } = watched
    await page.locator('.row', { hasText: 'of-the-first' }).click()
    await logOf(page).first().waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await first[Symbol.asyncDispose]()
    await page.getByText('the inspector has closed since').waitFor()
    await page.locator('.link', { hasText: 'Paused · Ended' }).waitFor()
    await using second = await setup({ port: Number(port), token: pathname.replaceAll('/', '') })
    await second.executor.run({ id: 'of-the-second', image: 'quick' })
    await page.getByText('started anew since').waitFor()
    expect(await page.locator('.row').count()).toBe(1)
    expect(await page.locator('.details h2').textContent()).toBe('of-the-first')
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.locator('.row', { hasText: 'of-the-second' }).waitFor()
    expect(await page.locator('.row', { hasText: 'of-the-first' }).count()).toBe(0)
    await closeWithout(watched)
  })
})
