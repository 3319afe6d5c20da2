import type { Locator } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { open, setup, useBrowser } from './setup.ts'

/** The tests are compiled without the types of a browser. */
interface Page {
  readonly document: {
    createRange(): { selectNodeContents(node: unknown): void; getBoundingClientRect(): { readonly right: number } }
  }
}

/** The right end of an element's text, in px. */
const textEnd = (element: Locator) =>
  element.evaluate(element => {
    const range = (globalThis as unknown as Page).document.createRange()
    range.selectNodeContents(element)
    return Math.round(range.getBoundingClientRect().right)
  })

/** By how much a text overflows its element, in px. */
const cut = (element: Locator) =>
  element.evaluate(element => {
    const { scrollWidth, clientWidth } = element as unknown as Record<'scrollWidth' | 'clientWidth', number>
    return scrollWidth - clientWidth
  })

describe('the table', () => {
  useBrowser()

  it.each([
    { width: 1280, memory: true },
    { width: 820, memory: true },
    { width: 390, memory: false },
  ])('shows every column that there is room for at $width px', async ({ width, memory }) => {
    const { executor, inspector } = await setup()
    await executor.run({ id: 'the-bun', image: 'quick' })
    const page = await open(inspector.url, { viewport: { width, height: 800 } })
    await page.locator('.row').waitFor()
    expect(await page.locator('.row .c-image').isVisible()).toBe(true)
    expect(await page.locator('.row .c-mem').isVisible()).toBe(memory)
    expect(await page.locator('.row .c-age').isVisible()).toBe(true)
    // The titles are aligned with their numbers.
    const [title, number] = [page.locator('.thead .c-age'), page.locator('.row .c-age')]
    expect(await textEnd(title)).toBe(await textEnd(number))
  })

  it('shows truncated text in full as a title', async () => {
    const { executor, inspector } = await setup()
    const id = `the-${'very-'.repeat(20)}long-one`
    await executor.run({ id, image: 'quick', command: 'knead --fast' })
    const page = await open(inspector.url)
    await page.locator('.row').click()
    const heading = page.locator('.details h2')
    await heading.waitFor()
    expect(await cut(heading)).toBe(0)
    expect(await cut(page.locator('.row .c-id'))).toBeGreaterThan(0)
    expect(await heading.getAttribute('title')).toBe(id)
    await page.locator('.details .title p[title="quick knead --fast"]').waitFor()
    expect(await page.locator('.row .c-image').getAttribute('title')).toBe('quick knead --fast')
    await page.getByRole('button', { name: 'Timeline' }).click()
    expect(await page.locator('.timeline-row title').first().textContent()).toBe(id)
  })

  it('returns to the default order with a third click', async () => {
    const { executor, inspector } = await setup()
    for (const id of ['bb', 'aa', 'cc']) await executor.run({ id, image: 'quick' })
    const page = await open(inspector.url)
    const header = page.locator('[role=columnheader]', { hasText: 'Id' })
    await page.locator('.row').first().waitFor()
    const first = () => page.locator('.row').first().getAttribute('data-id')
    for (const [sort, id] of [
      ['ascending', 'aa'],
      ['descending', 'cc'],
      ['none', 'cc'],
    ]) {
      await header.getByRole('button').click()
      await page.locator(`[role=columnheader][aria-sort=${sort}]`, { hasText: 'Id' }).waitFor()
      expect(await first()).toBe(id)
    }
  })
})
