import { describe, expect, it } from 'vitest'
import { createActor, type InspectionEvent } from 'xstate'
import { cookieMachine } from '../../machines/cookie.ts'
import { startInspector } from '../../src/inspector/index.ts'
import { closeAfterTest, open, useBrowser } from './setup.ts'

const count = 10_000

/** Starts actors of cookies that are queued. */
const queue = (inspect: (event: InspectionEvent) => void) =>
  Array.from({ length: count }, (_, n) =>
    createActor(cookieMachine, { id: `bun-${n}`, inspect, input: { id: `bun-${n}`, timeout: Infinity } }).start(),
  )

describe(`${count} rows`, () => {
  useBrowser()

  it('are shown, scrolled, filtered, sorted and selected; the times are printed', async () => {
    const inspector = closeAfterTest(await startInspector())
    const actors = queue(inspector.inspect)
    const times: [what: string, ms: number][] = []
    const timed = async (what: string, act: () => Promise<unknown>) => {
      const began = performance.now()
      await act()
      times.push([what, performance.now() - began])
    }
    const page = await open('about:blank')
    const queueLine = page.locator('.queue-line').getByRole('button', { name: '10,000 queued' })
    await timed('first rows', async () => {
      await page.goto(inspector.url)
      await queueLine.waitFor()
    })
    const paint = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    times.push(['first paint, as the browser reports', Number(paint)])
    expect(await page.locator('.count').textContent()).toBe('10,000 actors')
    expect(await page.locator('.row').count()).toBe(0)
    await timed('unfold the queue', async () => {
      await queueLine.click()
      await page.locator('.row').first().waitFor()
    })
    expect(await page.locator('.row').count()).toBeLessThan(100)

    // In the page: from the event to the frame after the one that shows it.
    const inPage = (act: string) =>
      page.evaluate(`new Promise(resolve => {
        const began = performance.now()
        ${act}
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - began)))
      })`) as Promise<number>
    const body = "document.querySelector('.tbody')"
    times.push(['scroll to the middle', await inPage(`${body}.scrollTop = ${body}.scrollHeight / 2`)])
    expect(await page.locator('.row', { hasText: 'bun-5000' }).count()).toBe(1)
    const type = (text: string) =>
      `const input = document.querySelector('#filter'); input.value = '${text}'; input.dispatchEvent(new Event('input', { bubbles: true }))`
    times.push(['filter', await inPage(type('bun-77'))])
    expect(await page.locator('.count').textContent()).toBe('111 of 10,000 actors')
    times.push(['filter off', await inPage(type(''))])
    times.push(['sort', await inPage("document.querySelector('.thead .c-id button').click()")])
    expect(await page.locator('[aria-sort=ascending]', { hasText: 'Id' }).count()).toBe(1)
    times.push(['choose', await inPage("document.querySelector('.row').click()")])
    await page.locator('.state.lit').waitFor()
    times.push(['to the timeline', await inPage("document.querySelectorAll('.tab')[1].click()")])
    expect(await page.locator('.timeline-row').count()).toBeGreaterThan(5)
    await timed('a search that finds one in all', async () => {
      await page.getByRole('button', { name: 'Search', exact: true }).click()
      await page.getByRole('searchbox', { name: 'Search in all actors' }).fill('"bun-777"')
      await page.getByText('1 step of 1 actor.').waitFor()
    })
    await page.keyboard.press('Escape')
    await timed('1,000 changes at once, seen', async () => {
      for (const actor of actors.slice(-1_000)) actor.send({ type: 'kill' })
      await page.getByRole('button', { name: '1,000 killed' }).waitFor()
    })
    console.log(`${count} rows:\n${times.map(([what, ms]) => `  ${what}: ${Math.round(ms)} ms`).join('\n')}`)
    for (const actor of actors) actor.stop()
  })
})
