import { readFile } from 'node:fs/promises'
import type { Locator } from 'playwright-core'
import { filter, firstValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { open, setup, useBrowser } from './setup.ts'

/** The tests are compiled without the types of a browser. */
interface Window {
  getComputedStyle(element: unknown): { readonly fill: string }
}
interface Row {
  readonly dataset: { readonly id: string }
}
const fillOf = (drawn: Locator) =>
  drawn.evaluate(element => (globalThis as unknown as Window).getComputedStyle(element).fill)

describe("the inspector's page", () => {
  useBrowser()

  it('shows the states of 200 cookies, and counts their outcomes', async () => {
    const { executor, inspector } = await setup()
    const page = await open(inspector.url)
    await page.getByText('No cookies yet').waitFor()
    const waiting = executor.run({ id: 'the-long-one', image: 'long' })
    await page.locator('.row', { hasText: 'the-long-one' }).getByText('running').waitFor()
    await Promise.all(
      Array.from({ length: 199 }, (_, n) => executor.run({ id: `bun-${n}`, image: n % 10 === 0 ? 'broken' : 'quick' })),
    )
    await page.getByRole('button', { name: '179 success' }).waitFor()
    await page.getByRole('button', { name: '20 error' }).waitFor()
    await page.getByRole('button', { name: '1 running' }).waitFor()
    expect(await page.locator('.count').textContent()).toBe('200 actors')
    waiting.cancel()
    await page.getByRole('button', { name: '1 cancelled' }).waitFor()
    await page.getByRole('button', { name: '0 running' }).waitFor()
  })

  it('has the queue as one line, which unfolds, and a filter that shows what it finds', async () => {
    const { executor, inspector } = await setup({}, 2)
    await executor.run({ id: 'an-old-one', image: 'quick' })
    for (const id of ['aa', 'bb', 'cc', 'dd', 'ee']) void executor.run({ id, image: 'long' })
    const page = await open(inspector.url)
    const ids = () => page.locator('.row').evaluateAll(rows => rows.map(row => (row as never as Row).dataset.id))
    const line = page.locator('.queue-line').getByRole('button', { name: '3 queued' })
    await line.waitFor()
    expect(await line.getAttribute('aria-expanded')).toBe('false')
    expect(await ids()).toEqual(['bb', 'aa', 'an-old-one'])
    expect(await page.locator('.count').textContent()).toBe('6 actors')
    await line.click()
    await page.locator('.row', { hasText: 'ee' }).click()
    expect(await ids()).toEqual(['bb', 'aa', 'an-old-one', 'cc', 'dd', 'ee'])
    const [lineBox, firstQueued] = [await line.boundingBox(), await page.locator('[data-id=cc]').boundingBox()]
    expect(firstQueued?.y).toBeGreaterThan((lineBox?.y ?? Infinity) + 20)
    await line.click()
    await page.locator('.row', { hasText: 'ee' }).waitFor({ state: 'detached' })
    await page.locator('#filter').fill('state:created')
    await page.getByText('3 of 6').waitFor()
    expect(await ids()).toEqual(['cc', 'dd', 'ee'])
  })

  it('filters by words and by the totals', async () => {
    const { executor, inspector } = await setup()
    await Promise.all(
      Array.from({ length: 60 }, (_, n) => executor.run({ id: `bun-${n}`, image: n % 10 === 0 ? 'broken' : 'quick' })),
    )
    const page = await open(inspector.url)
    await page.keyboard.press('/')
    await page.keyboard.type('bun-5')
    await page.getByText('11 of 60').waitFor()
    await page.locator('#filter').fill('nothing-like-it')
    await page.getByRole('button', { name: 'Show all 60' }).click()
    await page.getByRole('button', { name: '6 error' }).click()
    await page.getByText('6 of 60').waitFor()
    expect(await page.locator('.row').count()).toBe(6)
    for (const [direction, first] of [
      ['ascending', 'bun-0'],
      ['descending', 'bun-50'],
    ] as const) {
      await page.getByRole('button', { name: 'Id' }).click()
      await page.locator(`[role=columnheader][aria-sort=${direction}]`, { hasText: 'Id' }).waitFor()
      expect(await page.locator('.row').first().getAttribute('data-id')).toBe(first)
    }
  })

  it('draws the machine of the selected actor with its state, and steps back through its log', async () => {
    const { executor, inspector } = await setup()
    await executor.run({
      id: 'the-bun',
      image: 'broken',
      command: 'knead --fast',
      labels: { team: 'red', key: 'canary-9' },
      secrets: ['canary-9'],
    })
    await executor.onIdle()
    const page = await open(inspector.url)
    await page.locator('.row', { hasText: 'the-bun' }).click()
    const labels = await page.locator('.title .labels').textContent()
    expect([labels?.includes('team=red'), labels?.includes('key='), labels?.includes('canary-9')]).toEqual([
      true,
      true,
      false,
    ])
    const lit = page.locator('.state.lit')
    const expectLit = async (state: string) => {
      await page.locator(`.state.lit[data-state="${state}"]`).waitFor()
      expect(await lit.count()).toBe(1)
    }
    await expectLit('closed')
    expect(await page.locator('.state').count()).toBe(19)
    const steps = page.locator('.log li')
    await steps.nth(7).waitFor()
    expect(await steps.count()).toBe(8)
    const exited = steps.filter({ hasText: 'exited' })
    expect(await exited.textContent()).toMatch(/\+\d.* ms.*exited.*running → done.*"exitCode":3/)
    await page.getByText('exit 3').waitFor()
    await page.locator('.state[data-state="deciding"] .visits', { hasText: '1' }).waitFor()

    await page.getByRole('button', { name: 'Back', exact: false }).and(page.locator('.walk button')).click()
    await expectLit('closing')
    await page.keyboard.press('ArrowLeft')
    await expectLit('done')
    expect(await page.locator('.arrow.taken').count()).toBe(2)
    expect(await page.locator('.state[data-state="closing"] .visits').count()).toBe(0)
    await steps.filter({ hasText: 'prepare' }).first().getByRole('button').click()
    await expectLit('preparing')
    await page.keyboard.press('ArrowLeft')
    await expectLit('created')
    await page.keyboard.press('ArrowRight')
    await expectLit('preparing')
    await page.getByRole('button', { name: 'Follow live' }).click()
    await expectLit('closed')
    await page.locator('.chart .label', { hasText: 'after grace' }).waitFor()
  })

  it('plots the samples of an actor live', async () => {
    const { executor, inspector } = await setup()
    const page = await open(inspector.url)
    await page.getByText('No cookies yet').waitFor()
    const execution = executor.run({ id: 'the-long-one', image: 'long' })
    await page.locator('.row', { hasText: 'the-long-one' }).click()
    await page.getByRole('img', { name: /^CPU: now 59 %, peak 59 %/ }).waitFor()
    await page.getByRole('img', { name: /^Memory: now 65\.\d MiB/ }).waitFor()
    await page.locator('.row', { hasText: '59 %' }).waitFor()
    await execution.freeze()
    await page.locator('.state.lit[data-state="frozen"]').waitFor()
    await execution.unfreeze()
    await page.locator('.state.lit[data-state="running"] .visits', { hasText: '2' }).waitFor()
  })

  it('freezes, thaws and cancels if control is on', async () => {
    const { executor, inspector } = await setup({ control: true })
    const execution = executor.run({ id: 'the-long-one', image: 'long' })
    const page = await open(inspector.url)
    await page.locator('.row', { hasText: 'the-long-one' }).click()
    await page.getByRole('button', { name: 'Freeze', exact: true }).click()
    await firstValueFrom(execution.state$.pipe(filter(state => state === 'frozen')))
    await page.locator('.row .badge', { hasText: 'frozen' }).waitFor()
    await page.getByRole('button', { name: 'Unfreeze' }).click()
    await firstValueFrom(execution.state$.pipe(filter(state => state === 'running')))
    await page.getByRole('button', { name: 'Cancel' }).click()
    expect((await execution).status).toBe('cancelled')
  })

  it('has no buttons if control is off', async () => {
    const { executor, inspector } = await setup()
    void executor.run({ id: 'the-long-one', image: 'long' })
    const page = await open(inspector.url)
    await page.locator('.row', { hasText: 'the-long-one' }).click()
    await page.locator('.state.lit').waitFor()
    expect(await page.getByRole('button', { name: 'Freeze', exact: true }).count()).toBe(0)
  })

  it('shows nothing new while it is paused, and everything missed when it resumes', async () => {
    const { executor, inspector } = await setup()
    await executor.run({ id: 'early', image: 'quick' })
    const page = await open(inspector.url)
    await page.locator('.row', { hasText: 'early' }).waitFor()
    await page.keyboard.press(' ')
    await page.locator('.notice.paused').waitFor()
    await executor.run({ id: 'meanwhile', image: 'quick' })
    await page.getByText('there is news').waitFor()
    expect(await page.locator('.row').count()).toBe(1)
    await page.keyboard.press(' ')
    await page.locator('.row', { hasText: 'meanwhile' }).waitFor()
  })

  it('draws a timeline that can be zoomed, with frozen spans hatched', async () => {
    const { executor, inspector } = await setup()
    const execution = executor.run({ id: 'the-long-one', image: 'long' })
    await firstValueFrom(execution.state$.pipe(filter(state => state === 'running')))
    await execution.freeze()
    await executor.run({ id: 'a-quick-one', image: 'quick' })
    const page = await open(inspector.url)
    await page.getByRole('button', { name: 'Timeline' }).click()
    const row = page.locator('.timeline-row[data-id="the-long-one"]')
    const frozen = row.locator('.span[data-kind="freeze"]')
    await frozen.waitFor()
    expect(await fillOf(frozen)).toContain('#hatch')
    expect(await page.locator('.timeline-row').count()).toBe(2)
    const widthOf = async () => Number(await frozen.getAttribute('width'))
    await page.getByRole('button', { name: 'All' }).click()
    const before = await widthOf()
    await page.getByRole('button', { name: 'Zoom in' }).click()
    await page.locator('.timeline-box').press('+')
    await expect.poll(widthOf).toBeGreaterThan(before * 2)
    await row.click()
    await page.locator('.details h2', { hasText: 'the-long-one' }).waitFor()
  })

  it.each(['Mermaid', 'XState JSON', 'SVG', 'PNG'])('exports the machine of the selected actor as %s', async format => {
    const { executor, inspector } = await setup()
    await executor.run({ id: 'the-bun', image: 'quick' })
    const page = await open(inspector.url)
    await page.locator('.row').click()
    await page.locator('.state.lit').waitFor()
    await page.locator('.details .menu summary').click()
    const saving = page.waitForEvent('download')
    await page.getByRole('button', { name: format, exact: true }).click()
    const content = await readFile(await (await saving).path())
    if (format === 'PNG') expect(content.subarray(1, 4).toString()).toBe('PNG')
    else if (format === 'XState JSON') expect(JSON.parse(content.toString())).toMatchObject({ id: 'cookie' })
    else expect(content.toString()).toMatch(format === 'SVG' ? /^<svg .*deciding/s : /^stateDiagram-v2\n.*deciding/s)
  })

  it('exports the timeline of all filtered actors, also outside the view', async () => {
    const { executor, inspector } = await setup()
    await Promise.all(Array.from({ length: 60 }, (_, n) => executor.run({ id: `bun-${n}`, image: 'quick' })))
    await executor.run({ id: 'a-cake', image: 'quick' })
    const page = await open(inspector.url)
    await page.locator('#filter').fill('bun')
    await page.getByRole('button', { name: 'Timeline' }).click()
    await page.locator('.timeline-row').first().waitFor()
    expect(await page.locator('.timeline-row').count()).toBeLessThan(60)
    await page.locator('.menu summary').click()
    const saving = page.waitForEvent('download')
    await page.getByRole('button', { name: 'SVG', exact: true }).click()
    const content = await readFile(await (await saving).path(), 'utf8')
    for (const id of ['bun-0', 'bun-30', 'bun-59']) expect(content).toContain(`>${id}</text>`)
    expect(content).not.toContain('a-cake')
  })
})
