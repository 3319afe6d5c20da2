import { describe, expect, it } from 'vitest'
import { hasBrowser } from '../support/browser.ts'
import { open, openKitchen, useBrowser } from './rig.ts'

describe.runIf(hasBrowser)('the details of an actor', () => {
  useBrowser()

  it('say that a run was too short to tell its CPU, and draw its only sample as a point', async () => {
    await using kitchen = await openKitchen()
    const { page } = await open(kitchen.inspector.url)
    await page.getByText('No cookies yet').waitFor()
    void kitchen.executor.run({ id: 'the-brief-one', image: 'brief' })
    await page.locator('.row', { hasText: 'the-brief-one' }).click()
    await page.getByRole('img', { name: 'Memory: now 20.0 MB, peak 20.0 MB' }).waitFor()
    expect(await page.locator('.plot.cpu').textContent()).toBe('CPU–too short to tell')
    expect(await page.locator('.plot.mem .dot').count()).toBe(1)
    expect(await page.locator('.plot.mem .line').count()).toBe(0)
    expect(await page.locator('.plots').textContent()).not.toContain('Infinity')
  })
})
