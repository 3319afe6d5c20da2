import { describe, expect, it } from 'vitest'
import { createActor } from 'xstate'
import { cookieMachine } from '../../machines/cookie.ts'
import { lostConnection, open, serverGone, setup, setupLosable, useBrowser } from './setup.ts'

describe('the connection', () => {
  useBrowser()

  it('is restored after the inspector restarts', async () => {
    const first = await setup()
    await first.executor.run({ id: 'of-the-first', image: 'quick' })
    const { port, pathname } = new URL(first.inspector.url)
    const page = await open(first.inspector.url, {}, serverGone)
    await page.locator('.row', { hasText: 'of-the-first' }).click()
    await page.locator('.state.lit').waitFor()
    await first.close()
    await page.locator('.notice.ended').waitFor()
    // The page keeps everything that it received.
    expect(await page.locator('.row', { hasText: 'of-the-first' }).count()).toBe(1)

    const second = await setup({ port: Number(port), token: pathname.replaceAll('/', '') })
    await second.executor.run({ id: 'of-the-second', image: 'quick' })
    await page.locator('.row', { hasText: 'of-the-second' }).waitFor()
    await page.getByText('Connected again.').waitFor()
    await page.locator('.link', { hasText: 'Live' }).waitFor()
    expect(await page.locator('.row', { hasText: 'of-the-first' }).count()).toBe(0)
  })

  it('is reported when lost, and the page keeps its data until it is back', async () => {
    const { url, hub, lose, restore } = await setupLosable()
    const actor = createActor(cookieMachine, {
      id: 'the-bun',
      inspect: hub.inspect,
      input: { id: 'the-bun', timeout: 1 },
    }).start()
    const page = await open(url, {}, lostConnection)
    await page.locator('.row', { hasText: 'created' }).waitFor()
    lose()
    await page.getByRole('alert').getByText('The connection is lost').waitFor()
    await page.locator('.link', { hasText: 'Connection lost' }).waitFor()
    expect(await page.locator('.row', { hasText: 'the-bun' }).count()).toBe(1)
    actor.send({ type: 'kill' })
    restore()
    await page.locator('.row', { hasText: 'killed' }).waitFor()
    await page.getByText('Connected again.').waitFor()
    actor.stop()
    hub.close()
  })
})
