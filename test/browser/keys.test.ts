import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMockDriver } from '../../src/driver/testing.ts'
import { createExecutor } from '../../src/index.ts'
import { openRecording, startRecording } from '../../src/inspector/index.ts'
import { closeAfterTest, open, script, setup, useBrowser } from './setup.ts'

describe('keys and the pointer', () => {
  useBrowser()

  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ct-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('select and zoom without focus, in the table and in the timeline', async () => {
    const { executor, inspector } = await setup()
    for (const id of ['aa', 'bb', 'cc']) await executor.run({ id, image: 'quick' })
    const page = await open(inspector.url)
    await page.locator('.row').first().waitFor()
    await page.keyboard.press('ArrowDown')
    await page.locator('.details h2', { hasText: 'cc' }).waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.details').waitFor({ state: 'detached' })
    await page.keyboard.press('2')
    await page.locator('.timeline-row').first().waitFor()
    const label = page.locator('svg.timeline')
    const before = await label.getAttribute('aria-label')
    await page.keyboard.press('+')
    await expect.poll(() => label.getAttribute('aria-label')).not.toBe(before)
    await page.keyboard.press('0')
    await page.locator('.tools button[aria-pressed=true]', { hasText: 'All' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.locator('.timeline-row.selected[data-id="bb"]').waitFor()
    await page.locator('.log li').first().waitFor()
    await page.keyboard.press('ArrowLeft')
    await page.locator('.chart-tools .where', { hasText: 'step' }).waitFor()
  })

  it('a click on the timeline selects an actor, and dragging it does not', async () => {
    const { executor, inspector } = await setup()
    await executor.run({ id: 'the-bun', image: 'quick' })
    const page = await open(inspector.url)
    await page.getByRole('button', { name: 'Timeline' }).click()
    const box = await page.locator('.timeline-row .ground').boundingBox()
    if (box === null) throw new Error('the timeline has no row')
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
    const live = page.getByRole('button', { name: 'Live' })
    expect(await live.getAttribute('aria-pressed')).toBe('true')
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x - 60, y, { steps: 4 })
    await page.mouse.up()
    await page.locator('.tools button[aria-pressed=false]', { hasText: 'Live' }).waitFor()
    expect(await page.locator('.details').count()).toBe(0)
    await page.mouse.click(x, y)
    await page.locator('.details h2', { hasText: 'the-bun' }).waitFor()
  })

  it('Escape or a click elsewhere closes the menu, and the details stay', async () => {
    const { executor, inspector } = await setup()
    await executor.run({ id: 'the-bun', image: 'quick' })
    const page = await open(inspector.url)
    await page.locator('.row').click()
    const menu = page.locator('.details .menu')
    const body = menu.locator('.menu-body')
    await menu.locator('summary').click()
    await body.waitFor()
    await page.keyboard.press('Escape')
    await body.waitFor({ state: 'hidden' })
    expect(await page.locator('.details').count()).toBe(1)
    await menu.locator('summary').click()
    await body.waitFor()
    await page.locator('.details h2').click()
    await body.waitFor({ state: 'hidden' })
    await page.keyboard.press('Escape')
    await page.locator('.details').waitFor({ state: 'detached' })
  })

  it('buttons are hidden while the page shows the past', async () => {
    const { executor, inspector } = await setup({ control: true })
    void executor.run({ id: 'the-long-one', image: 'long' }).catch(() => {})
    const page = await open(inspector.url)
    await page.locator('.row', { hasText: 'running' }).click()
    const cancel = page.locator('.controls button:not([disabled])', { hasText: 'Cancel' })
    await cancel.waitFor()
    await page.locator('.log li').nth(1).waitFor()
    await page.keyboard.press('ArrowLeft')
    await cancel.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Follow live' }).click()
    await cancel.waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await cancel.waitFor({ state: 'detached' })
  })

  it('Space plays and stops a recording, also from its slider', async () => {
    const path = join(folder, 'runs.ndjson')
    {
      await using recording = await startRecording(path)
      await using driver = createMockDriver(script)
      await using executor = createExecutor({ driver, inspect: recording.inspect })
      await executor.run({ id: 'the-bun', image: 'quick' })
      await executor.onIdle()
    }
    const replay = closeAfterTest(await openRecording(path))
    const page = await open(replay.url)
    await page.locator('.row').click()
    await page.getByRole('button', { name: 'At the latest' }).waitFor()
    await page.getByRole('slider').press('Home')
    await page.getByRole('combobox', { name: 'Speed' }).selectOption('0.25')
    await page.getByRole('slider').press(' ')
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    expect(await page.locator('.notice').count()).toBe(0)
    await page.getByRole('slider').press(' ')
    await page.getByRole('button', { name: 'Play' }).waitFor()
  })
})
