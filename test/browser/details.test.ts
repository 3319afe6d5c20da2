import { describe, expect, it } from 'vitest'
import { open, setup, useBrowser } from './setup.ts'

describe('the details of an actor', () => {
  useBrowser()

  it('show that a run was too short to measure its CPU, and draw its only sample as a point', async () => {
    const { executor, inspector } = await setup()
    const page = await open(inspector.url)
    await page.getByText('No cookies yet').waitFor()
    void executor.run({ id: 'the-brief-one', image: 'brief' })
    await page.locator('.row', { hasText: 'the-brief-one' }).click()
    await page.getByRole('img', { name: 'Memory: now 20 MiB, peak 20 MiB' }).waitFor()
    expect(await page.locator('.plot.cpu').textContent()).toBe('CPU–too short to tell')
    expect(await page.locator('.plot.mem .dot').count()).toBe(1)
    expect(await page.locator('.plot.mem .line').count()).toBe(0)
    expect(await page.locator('.plots').textContent()).not.toContain('Infinity')
  })

  it('show why it failed, and that it was killed for its memory', async () => {
    const { executor, inspector } = await setup()
    await executor.run({ id: 'the-burnt-one', image: 'burnt' }).catch(() => {})
    await executor.run({ id: 'the-greedy-one', image: 'greedy' })
    const page = await open(inspector.url)
    await page.locator('.row', { hasText: 'the-burnt-one' }).click()
    await page.locator('.reason', { hasText: 'no such file: /bin/oven' }).waitFor()
    await page.locator('.reason code', { hasText: /^ENOENT$/ }).waitFor()
    await page.locator('.row', { hasText: 'the-greedy-one' }).click()
    await page.locator('.reason', { hasText: 'out of memory' }).waitFor()
  })

  it('show payloads on one line, with rounded numbers', async () => {
    const { executor, inspector } = await setup()
    await executor.run({ id: 'the-burnt-one', image: 'burnt' }).catch(() => {})
    const page = await open(inspector.url)
    await page.locator('.row', { hasText: 'the-burnt-one' }).click()
    const summary = page.locator('.log .payload summary').first()
    await summary.waitFor()
    const lineHeight = Number(await summary.evaluate('parseFloat(getComputedStyle(document.body).lineHeight)'))
    expect((await summary.boundingBox())?.height).toBeLessThan(lineHeight * 1.5)
  })
})
