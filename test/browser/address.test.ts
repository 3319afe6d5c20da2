import { describe, expect, it } from 'vitest'
import { openPage } from '../support/browser/browser.ts'
import { open, setup, useBrowser, withBrowser } from './setup.ts'

describe("the page's address", () => {
  useBrowser()

  it('leads to the same actor, view and filter when it is loaded anew', async () => {
    await using inspected = await setup()
    for (const id of ['a-bun', 'a-bun', 'a-cake']) {
      await inspected.executor.run({ id, image: 'quick' })
      await inspected.executor.onIdle()
    }
    const { page } = await open(inspected.inspector.url)
    await page.locator('#filter').fill('bun')
    await page.locator('.row').last().click()
    await page.getByRole('button', { name: 'Timeline' }).click()
    await page.waitForURL(/#tab=timeline&filter=bun&id=a-bun&key=1$/)
    await page.reload()
    await page.locator('.lane.selected[data-id="a-bun"]').waitFor()
    expect(await page.locator('.lane').count()).toBe(2)
    expect(await page.locator('.lane').last().getAttribute('class')).toContain('selected')
    expect(await page.locator('#filter').inputValue()).toBe('bun')
    await page.locator('.details h2', { hasText: 'a-bun' }).waitFor()
  })

  it('leads to an actor far down in the table, which comes into view', async () => {
    await using inspected = await setup()
    await Promise.all(Array.from({ length: 80 }, (_, n) => inspected.executor.run({ id: `bun-${n}`, image: 'quick' })))
    const { page } = await open(`${inspected.inspector.url}#id=bun-3`)
    const row = page.locator('.row.selected[data-id="bun-3"]')
    await row.waitFor()
    await expect.poll(async () => (await row.boundingBox())?.y).toBeLessThan(800)
  })

  it('is left and come back to with Back and Forward, also on a phone', async () => {
    await using inspected = await setup()
    for (const id of ['a-bun', 'a-cake']) await inspected.executor.run({ id, image: 'quick' })
    const { page } = await open(inspected.inspector.url, { viewport: { width: 390, height: 800 } })
    await page.locator('.row', { hasText: 'a-bun' }).click()
    await page.locator('.details h2', { hasText: 'a-bun' }).waitFor()
    expect(await page.locator('.row').first().isVisible()).toBe(false)
    await page.goBack()
    await page.locator('.details').waitFor({ state: 'detached' })
    await page.locator('.row', { hasText: 'a-cake' }).click()
    await page.locator('.details h2', { hasText: 'a-cake' }).waitFor()
    await page.goBack()
    await page.goForward()
    await page.locator('.details h2', { hasText: 'a-cake' }).waitFor()
  })

  it('is no further place for each actor that the arrow keys pass', async () => {
    await using inspected = await setup()
    for (const id of ['aa', 'bb', 'cc']) await inspected.executor.run({ id, image: 'quick' })
    const { page } = await open(inspected.inspector.url)
    await page.locator('.row').first().click()
    await page.locator('.tbody').press('ArrowDown')
    await page.locator('.tbody').press('ArrowDown')
    await page.waitForURL(/#id=aa/)
    await page.goBack()
    await page.locator('.details').waitFor({ state: 'detached' })
  })

  it('keeps the actor chosen that has the same id after a restart', async () => {
    const first = await setup()
    await first.executor.run({ id: 'another', image: 'quick' })
    await first.executor.run({ id: 'the-bun', image: 'quick' })
    const { port, pathname } = new URL(first.inspector.url)
    const { page } = await openPage(withBrowser(), first.inspector.url)
    await page.locator('.row', { hasText: 'the-bun' }).click()
    await page.locator('.log li').first().waitFor()
    await first[Symbol.asyncDispose]()
    await using second = await setup({ port: Number(port), token: pathname.replaceAll('/', '') })
    await page.getByText('No cookies yet').waitFor()
    await second.executor.run({ id: 'the-bun', image: 'broken' })
    await page.locator('.details .badge', { hasText: 'error' }).waitFor()
    await page.locator('.log li', { hasText: 'exited' }).waitFor()
    await page.context().close()
  })
})
