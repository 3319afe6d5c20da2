import { describe, expect, it, onTestFinished } from 'vitest'
import { assign, createActor, createMachine } from 'xstate'
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

  it('compare a failed run with one that succeeded, and run it again', async () => {
    const { executor, inspector } = await setup({ control: true })
    for (const image of ['quick', 'broken', 'quick']) await executor.run({ id: `it-is-${image}`, image })
    const page = await open(inspector.url)
    await page.locator('.row').first().waitFor()
    await page.keyboard.press('f')
    await page.locator('.details h2', { hasText: 'it-is-broken' }).waitFor()
    await page.getByRole('button', { name: 'Compare' }).click()
    const exitCode = page.locator('.changes tr', { hasText: 'exit code' }).first()
    expect(await exitCode.locator('td').allTextContents()).toEqual(['3', '0'])
    await page.locator('.steps tr', { hasText: 'exited → done' }).waitFor()
    await page.getByRole('button', { name: 'Run again' }).click()
    await page.locator('.details h2', { hasText: /^it-is-broken\.again-\d+$/ }).waitFor()
    await page.getByRole('button', { name: '2 error' }).waitFor()
  })

  it('send an event, show one that is not handled in grey, and what changed in the context', async () => {
    const { inspector } = await setup({ control: true })
    const machine = createMachine({
      id: 'counter',
      context: { count: 0 },
      initial: 'open',
      states: {
        open: {
          on: { add: { actions: assign({ count: ({ context, event }) => context.count + event.by }) }, shut: 'shut' },
        },
        shut: { on: { open: 'open' } },
      },
    })
    const actor = createActor(machine, { id: 'the-counter', inspect: inspector.inspect }).start()
    onTestFinished(() => void actor.stop())
    const page = await open(`${inspector.url}#id=the-counter&pane=log`)
    await page.getByRole('button', { name: 'Send event…' }).click()
    const form = page.getByRole('form', { name: 'Send an event' })
    expect(await form.getByRole('option').allTextContents()).toEqual(['add', 'shut', 'open (not handled now)'])
    const send = async (event: string, data = '') => {
      await form.getByLabel('Event').selectOption(event)
      await form.getByLabel('Data').fill(data)
      await form.getByRole('button', { name: 'Send' }).click()
    }
    await form.getByLabel('Data').fill('{"by"')
    expect(await form.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true)
    await send('add', '{"by": 5}')
    await page.locator('.log .change-line', { hasText: 'count: 0 → 5' }).waitFor()
    await send('open')
    await page.locator('.log .ignored', { hasText: 'not handled in open' }).waitFor()
    await send('add', '{"by": 2}')
    await page.locator('.context .payload', { hasText: '{"count":7}' }).waitFor()
    await page.getByLabel('What changed since').selectOption('0')
    expect(await page.locator('.changes td').allTextContents()).toEqual(['0', '7'])
    await page.locator('.log li', { hasText: '0 → 5' }).getByRole('button').click()
    await page.locator('.context .payload', { hasText: '{"count":5}' }).waitFor()
  })
})
