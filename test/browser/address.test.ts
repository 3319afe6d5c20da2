import { describe, expect, it } from 'vitest'
import { open, serverGone, setup, useBrowser } from './setup.ts'

describe("the page's address", () => {
  useBrowser()

  it('restores the actor, view and filter after a reload', async () => {
    const { executor, inspector } = await setup()
    for (const id of ['a-bun', 'a-bun', 'a-cake']) {
      await executor.run({ id, image: 'quick' })
      await executor.onIdle()
    }
    const page = await open(inspector.url)
    await page.locator('#filter').fill('bun')
    await page.locator('.row').last().click()
    await page.getByRole('button', { name: 'Timeline' }).click()
    await page.waitForURL(/#tab=timeline&filter=bun&id=a-bun&key=1$/)
    await page.reload()
    await page.locator('.timeline-row.selected[data-id="a-bun"]').waitFor()
    expect(await page.locator('.timeline-row').count()).toBe(2)
    expect(await page.locator('.timeline-row').last().getAttribute('class')).toContain('selected')
    expect(await page.locator('#filter').inputValue()).toBe('bun')
    await page.locator('.details h2', { hasText: 'a-bun' }).waitFor()
  })

  it('scrolls to an actor far down in the table', async () => {
    const { executor, inspector } = await setup()
    await Promise.all(Array.from({ length: 80 }, (_, n) => executor.run({ id: `bun-${n}`, image: 'quick' })))
    const page = await open(`${inspector.url}#id=bun-3`)
    const row = page.locator('.row.selected[data-id="bun-3"]')
    await row.waitFor()
    await expect.poll(async () => (await row.boundingBox())?.y).toBeLessThan(800)
  })

  it('works with Back and Forward, also on a phone', async () => {
    const { executor, inspector } = await setup()
    for (const id of ['a-bun', 'a-cake']) await executor.run({ id, image: 'quick' })
    const page = await open(inspector.url, { viewport: { width: 390, height: 800 } })
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

  it('adds no history entry for each actor that the arrow keys pass', async () => {
    const { executor, inspector } = await setup()
    for (const id of ['aa', 'bb', 'cc']) await executor.run({ id, image: 'quick' })
    const page = await open(inspector.url)
    await page.locator('.row').first().click()
    await page.locator('.tbody').press('ArrowDown')
    await page.locator('.tbody').press('ArrowDown')
    await page.waitForURL(/#id=aa/)
    await page.goBack()
    await page.locator('.details').waitFor({ state: 'detached' })
  })

  it('selects the actor of the same id after a restart', async () => {
    const first = await setup()
    await first.executor.run({ id: 'another', image: 'quick' })
    await first.executor.run({ id: 'the-bun', image: 'quick' })
    const { port, pathname } = new URL(first.inspector.url)
    const page = await open(first.inspector.url, {}, serverGone)
    await page.locator('.row', { hasText: 'the-bun' }).click()
    await page.locator('.log li').first().waitFor()
    await first.close()
    const second = await setup({ port: Number(port), token: pathname.replaceAll('/', '') })
    await page.getByText('No cookies yet').waitFor()
    await second.executor.run({ id: 'the-bun', image: 'broken' })
    await page.locator('.details .badge', { hasText: 'error' }).waitFor()
    await page.locator('.log li', { hasText: 'exited' }).waitFor()
  })
})
