import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { type InspectedExecutor, open, setup, useBrowser } from './setup.ts'

/** In the page: pairs of labels, states and visit counts that overlap. A label must not overlap anything. */
const collisions = `(() => {
  const boxes = [...document.querySelectorAll('.chart .label, .chart .state .box, .chart .visits rect')].map(drawn => {
    const { left, top, right, bottom } = drawn.getBoundingClientRect()
    return { text: drawn.textContent || drawn.parentElement.textContent, isLabel: drawn.matches('.label'), left, top, right, bottom }
  })
  return boxes.flatMap((a, index) =>
    boxes.slice(index + 1).flatMap(b => {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left)
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
      return (a.isLabel || b.isLabel) && across > 1.5 && down > 1.5 ? [a.text + ' / ' + b.text] : []
    }),
  )
})()`

/** In the page: the scale of the chart, and whether the active state is visible. */
const scale = `(() => {
  const chart = document.querySelector('.chart')
  return chart.getBoundingClientRect().width / chart.viewBox.baseVal.width
})()`
const litIsSeen = `(() => {
  const lit = document.querySelector('.state.lit .box').getBoundingClientRect()
  const box = document.querySelector('.chart-box').getBoundingClientRect()
  return lit.left >= box.left && lit.right <= box.right && lit.top >= box.top && lit.bottom <= box.bottom
})()`

const openCookie = async ({ executor, inspector }: InspectedExecutor, width: number, height = 800): Promise<Page> => {
  const execution = executor.run({ id: 'the-long-one', image: 'long' })
  const page = await open(inspector.url, { viewport: { width, height }, reducedMotion: 'reduce' })
  await page.locator('.row', { hasText: 'running' }).waitFor()
  await execution.freeze()
  await execution.unfreeze()
  await page.locator('.row', { hasText: 'the-long-one' }).click()
  await page.locator('.state.lit[data-state="running"] .visits', { hasText: '2' }).waitFor()
  return page
}

describe('the statechart', () => {
  useBrowser()

  it.each([
    [1920, 1080],
    [1280, 800],
    [820, 800],
    [390, 800],
  ])('can be read at %i × %i px, and shows the state that is lit', async (width, height) => {
    const inspected = await setup()
    const page = await openCookie(inspected, width, height)
    expect(await page.evaluate(scale)).toBeGreaterThanOrEqual(0.799)
    expect(await page.evaluate(litIsSeen)).toBe(true)
    // The chart is not larger than its drawing.
    const [box, chart] = await Promise.all(
      ['.chart-box', '.chart'].map(selector => page.locator(selector).boundingBox()),
    )
    expect((box?.height ?? 0) - (chart?.height ?? 0)).toBeLessThan(30)
  })

  it('shows no label over another, a state or a visit count, with the pointer anywhere', async () => {
    const inspected = await setup()
    const page = await openCookie(inspected, 1280, 1000)
    expect(await page.locator('.chart .label').count()).toBeGreaterThan(8)
    expect(await page.evaluate(collisions)).toEqual([])
    for (const state of await page.locator('.state').all()) {
      await state.hover()
      const name = await state.getAttribute('data-state')
      await page.locator(`.chart[data-looked="${name}"]`).waitFor()
      expect(await page.evaluate(collisions), `at ${name}`).toEqual([])
    }
  })

  it('zooms, and fits into its box', async () => {
    const inspected = await setup()
    const page = await openCookie(inspected, 1280, 800)
    const now = () => page.evaluate(scale) as Promise<number>
    const before = await now()
    await page.getByRole('button', { name: 'Zoom in' }).click()
    await expect.poll(now).toBeCloseTo(before * 1.25, 2)
    await page.getByRole('button', { name: 'Zoom out' }).click()
    await expect.poll(now).toBeCloseTo(before, 2)
    await page.getByRole('button', { name: 'Fit' }).click()
    await page.locator('.zoom [aria-pressed=true]', { hasText: 'Fit' }).waitFor()
    const [box, chart] = await Promise.all(
      ['.chart-box', '.chart'].map(selector => page.locator(selector).boundingBox()),
    )
    expect(chart?.height).toBeLessThanOrEqual(box?.height ?? 0)
    expect(chart?.width).toBeLessThanOrEqual(box?.width ?? 0)
  })

  it('labels the last step with its event only', async () => {
    const { executor, inspector } = await setup()
    await executor.run({ id: 'the-bun', image: 'quick' })
    await executor.onIdle()
    const page = await open(inspector.url)
    await page.locator('.row').click()
    await page.locator('.log li', { hasText: 'exited' }).getByRole('button').click()
    await page.locator('.chart .label.taken', { hasText: 'lost' }).waitFor()
    expect((await page.locator('.chart .word.happened').allTextContents()).map(word => word.trim())).toEqual([
      'exited,',
    ])
  })
})
