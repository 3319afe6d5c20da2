import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { open, serverGone, setup, useBrowser } from './setup.ts'

/** The steps that the log shows. */
const logOf = (page: Page) => page.locator('.log li')

describe('the past of an actor', () => {
  useBrowser()

  it('is shown after the inspector has closed, also of actors that were never selected', async () => {
    const { executor, inspector, close } = await setup()
    await executor.run({ id: 'of-before', image: 'quick' })
    await executor.onIdle()
    const page = await open(inspector.url, {}, serverGone)
    await page.locator('.row', { hasText: 'of-before' }).waitFor()
    // The page loads what draws charts by itself; it has come once the browser lists it.
    await page.waitForFunction(
      "performance.getEntriesByType('resource').some(({ name }) => name.includes('elk-worker'))",
    )
    await executor.run({ id: 'the-bun', image: 'broken' })
    await executor.onIdle()
    await close()
    await page.locator('.notice.ended').waitFor()
    await page.locator('.row', { hasText: 'the-bun' }).click()
    await logOf(page).filter({ hasText: 'exited' }).locator('.payload', { hasText: '"exitCode":3' }).waitFor()
    expect(await logOf(page).count()).toBe(8)
    await page.locator('.state[data-state="running"] .visits', { hasText: '1' }).waitFor()
    // From before the page was opened: the steps are unknown, but the states are known.
    await page.locator('.row', { hasText: 'of-before' }).click()
    await page.getByText('Only its states are known').waitFor()
    await logOf(page).filter({ hasText: 'starting → running' }).waitFor()
  })

  it('is shown while the page is paused, up to the pause', async () => {
    const { executor, inspector } = await setup()
    const run = executor.run({ id: 'the-long-one', image: 'long' })
    const page = await open(inspector.url)
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

  it('is shown if an actor is selected during a pause in which nothing happens', async () => {
    const { executor, inspector } = await setup()
    await executor.run({ id: 'the-bun', image: 'quick' })
    await executor.onIdle()
    const page = await open(inspector.url)
    await page.locator('.row').waitFor()
    await page.keyboard.press(' ')
    await page.getByText('nothing has happened since').waitFor()
    await page.locator('.row').click()
    await logOf(page).nth(7).waitFor()
    await page.keyboard.press(' ')
    await page.locator('.notice').waitFor({ state: 'detached' })
    expect(await logOf(page).count()).toBe(8)
  })

  it('shows that earlier steps are not kept', async () => {
    const { executor, inspector } = await setup({ maxSteps: 4 })
    await executor.run({ id: 'the-bun', image: 'quick' })
    await executor.onIdle()
    const page = await open(inspector.url)
    await page.locator('.row').click()
    await logOf(page).nth(4).waitFor()
    expect(await logOf(page).first().textContent()).toBe('4 earlier steps are not kept')
    expect(await logOf(page).nth(1).locator('.gap').textContent()).toBe('')
    for (let steps = 4; steps > 0; steps--) await page.keyboard.press('ArrowLeft')
    await page.getByText('before step 5: the earlier ones are not kept').waitFor()
    expect(await page.getByRole('button', { name: '◀ Back' }).isDisabled()).toBe(true)
  })

  it('stays when the inspector drops the actor, with a notice', async () => {
    const { executor, inspector } = await setup({ maxActors: 1 })
    await executor.run({ id: 'the-first', image: 'quick' })
    await executor.onIdle()
    const page = await open(inspector.url)
    await page.locator('.row').click()
    await logOf(page).nth(7).waitFor()
    await executor.run({ id: 'the-second', image: 'quick' })
    await page.getByText('has dropped this actor').waitFor()
    expect(await page.locator('.details h2').textContent()).toBe('the-first')
    expect(await logOf(page).count()).toBe(8)
  })

  it('stays on a paused page when the process ends and another one starts', async () => {
    const first = await setup()
    await first.executor.run({ id: 'of-the-first', image: 'quick' })
    const { port, pathname } = new URL(first.inspector.url)
    const page = await open(first.inspector.url, {}, serverGone)
    await page.locator('.row', { hasText: 'of-the-first' }).click()
    await logOf(page).first().waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await first.close()
    await page.getByText('the inspector has closed since').waitFor()
    await page.locator('.link', { hasText: 'Paused · Ended' }).waitFor()
    const second = await setup({ port: Number(port), token: pathname.replaceAll('/', '') })
    await second.executor.run({ id: 'of-the-second', image: 'quick' })
    await page.getByText('started anew since').waitFor()
    expect(await page.locator('.row').count()).toBe(1)
    expect(await page.locator('.details h2').textContent()).toBe('of-the-first')
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.locator('.row', { hasText: 'of-the-second' }).waitFor()
    expect(await page.locator('.row', { hasText: 'of-the-first' }).count()).toBe(0)
  })

  it('is all that a paused page finds', async () => {
    const { executor, inspector } = await setup()
    await executor.run({ id: 'before-the-pause', image: 'burnt' }).catch(() => {})
    await executor.onIdle()
    const page = await open(inspector.url)
    await page.locator('.row').first().waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await executor.run({ id: 'after-the-pause', image: 'burnt' }).catch(() => {})
    await page.getByText('there is news').waitFor()
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.getByRole('searchbox', { name: 'Search in all actors' }).fill('/bin/oven')
    await page.getByText('1 step of 1 actor.').waitFor()
    await page.locator('.found', { hasText: 'before-the-pause' }).waitFor()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.locator('.found', { hasText: 'after-the-pause' }).waitFor()
  })
})
