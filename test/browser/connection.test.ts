import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createActor } from 'xstate'
import { cookieMachine } from '../../machines/cookie.ts'
import { EventStream } from '../../src/inspector/server/event-streams.ts'
import { pageFolder } from '../../src/inspector/server/page-files.ts'
import { servePage } from '../../src/inspector/server/server.ts'
import { openPage } from '../support/browser/browser.ts'
import { newHub } from '../unit/inspector/setup.ts'
import { setup, useBrowser, withBrowser } from './setup.ts'

describe('the connection', () => {
  useBrowser()

  it('is found again after the inspector was started anew', async () => {
    const first = await setup()
    await first.executor.run({ id: 'of-the-first', image: 'quick' })
    const { port, pathname } = new URL(first.inspector.url)
    const watched = await openPage(withBrowser(), first.inspector.url)
    const { page } = watched
    await page.locator('.row', { hasText: 'of-the-first' }).click()
    await page.locator('.state.lit').waitFor()
    await first[Symbol.asyncDispose]()
    await page.locator('.notice.ended').waitFor()
    // What was told stays there to be looked at.
    expect(await page.locator('.row', { hasText: 'of-the-first' }).count()).toBe(1)

    await using second = await setup({ port: Number(port), token: pathname.replaceAll('/', '') })
    await second.executor.run({ id: 'of-the-second', image: 'quick' })
    await page.locator('.row', { hasText: 'of-the-second' }).waitFor()
    await page.getByText('Connected again.').waitFor()
    await page.locator('.link', { hasText: 'Live' }).waitFor()
    expect(await page.locator('.row', { hasText: 'of-the-first' }).count()).toBe(0)
    await page.context().close()
    // The browser itself tells of each attempt that found nobody.
    expect(watched.errors.filter(error => !/ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED)/.test(error))).toEqual([])
    expect(watched.foreign).toEqual([])
  })

  it('that is lost is told, and what was known stays until it is back', async () => {
    const hub = newHub()
    let response: ServerResponse | undefined
    let refused = false
    const server = await servePage({
      folder: pageFolder(),
      host: '127.0.0.1',
      port: 0,
      token: 'a-token-that-is-long-enough',
      route: (path, _request, given) => {
        if (path !== 'events') return false
        if (refused) given.writeHead(503).end()
        else {
          response = given
          hub.join(new EventStream(given))
        }
        return true
      },
    })
    const actor = createActor(cookieMachine, {
      id: 'the-bun',
      inspect: hub.inspect,
      input: { id: 'the-bun', timeout: 1 },
    }).start()
    const { page, errors, foreign } = await openPage(withBrowser(), server.url)
    await page.locator('.row', { hasText: 'created' }).waitFor()
    refused = true
    response?.destroy()
    await page.getByRole('alert').getByText('The connection is lost').waitFor()
    await page.locator('.link', { hasText: 'Connection lost' }).waitFor()
    expect(await page.locator('.row', { hasText: 'the-bun' }).count()).toBe(1)
    actor.send({ type: 'kill' })
    refused = false
    await page.locator('.row', { hasText: 'killed' }).waitFor()
    await page.getByText('Connected again.').waitFor()
    await page.context().close()
    expect(errors.filter(error => !/ERR_INCOMPLETE_CHUNKED|503/.test(error))).toEqual([])
    expect(foreign).toEqual([])
    actor.stop()
    hub.close()
    await server.close()
  })
})
