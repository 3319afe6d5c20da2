import type { ServerResponse } from 'node:http'
import { Hono } from 'hono'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { createMockDriver, type MockScript } from '../../src/driver/testing.ts'
import { createExecutor, type Executor } from '../../src/index.ts'
import { type Inspector, type InspectorOptions, startInspector } from '../../src/inspector/index.ts'
import { EventStream } from '../../src/inspector/server/event-streams.ts'
import { pageFolder } from '../../src/inspector/server/page-files.ts'
import { type PageEnv, rawBody } from '../../src/inspector/server/raw-body.ts'
import { servePage } from '../../src/inspector/server/server.ts'
import type { Hub, HubOptions } from '../../src/inspector/tracking/hub.ts'
import { launchBrowser, openPage } from '../support/browser/browser.ts'
import { newHub } from '../unit/inspector/setup.ts'

let browser: Browser | undefined

/** Starts one browser for the tests of a file. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())
}

/**
 * Opens a page and closes it after the test. Fails the test if the page logged an error or requested another host.
 *
 * @param expectedErrors Errors that the test itself causes, by closing the server or refusing the connection.
 */
export async function open(
  url: string,
  options: Parameters<typeof openPage>[2] = {},
  expectedErrors?: RegExp,
): Promise<Page> {
  if (browser === undefined) throw new Error('call useBrowser() first')
  const { page, errors, foreign } = await openPage(browser, url, options)
  onTestFinished(async () => {
    await page.context().close()
    const unexpected = errors.filter(error => expectedErrors === undefined || !expectedErrors.test(error))
    expect({ errors: unexpected, foreign }).toEqual({ errors: [], foreign: [] })
  })
  return page
}

/** The browser's own errors for requests to a server that closes: refused, reset, or cut in the middle of a response. */
export const serverGone =
  /ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|CONTENT_LENGTH_MISMATCH|INCOMPLETE_CHUNKED)/

/**
 * Closes a server after the test. Hooks run in reverse order, so the pages that were opened later are closed first:
 * a page that outlives its server would log errors.
 */
export function closeAfterTest<Server extends { close(): Promise<void> }>(server: Server): Server {
  onTestFinished(() => server.close())
  return server
}

/** An inspector with an executor of a mock driver. */
export interface InspectedExecutor {
  readonly inspector: Inspector
  readonly executor: Executor
  /** Closes all of it. Called after the test; call it earlier to test what a page does then. Idempotent. */
  close(): Promise<void>
}

/**
 * The runs, by image. `quick` succeeds at once and `broken` exits with 3. `burnt` fails to start, and `greedy` runs out
 * of memory. `long` and `brief` run until they are cancelled; `brief` has a single sample, as short runs do.
 */
export const script: MockScript = {
  quick: {},
  brief: { runFor: Infinity, stats: [{ timestamp: 1_700_000_000_000, metrics: { mem_usage: 20 * 2 ** 20 } }] },
  broken: { exitCode: 3 },
  burnt: {
    startError: Object.assign(new Error(`no such file: /bin/oven ${'in the container '.repeat(9)}`), {
      code: 'ENOENT',
    }),
  },
  greedy: { exitCode: 137, oomKilled: true },
  long: {
    runFor: Infinity,
    stats: Array.from({ length: 20 }, (_, n) => ({
      timestamp: 1_700_000_000_000 + n * 1_000,
      metrics: { cpu_total: 40 + n, mem_usage: 50e6 + n * 1e6 },
    })),
  },
}

/** Starts an inspector and an executor, which are closed after the test. */
export async function setup(options: InspectorOptions = {}, concurrency = 8): Promise<InspectedExecutor> {
  const inspector = await startInspector(options)
  const driver = createMockDriver(script)
  const executor = createExecutor({ driver, concurrency, inspect: inspector.inspect })
  const close = async () => {
    await executor.close({ force: true })
    await driver.close()
    await inspector.close()
  }
  return closeAfterTest({ inspector, executor, close })
}

/** The browser's own errors for a connection that {@link setupLosable} loses. */
export const lostConnection = /ERR_INCOMPLETE_CHUNKED|503|ERR_CONNECTION_REFUSED/

/** A page's server whose connection can be lost without the message of an inspector that closes. */
export interface LosableServer {
  readonly url: string
  readonly hub: Hub
  /** Cuts the stream, and refuses further ones. */
  lose(): void
  restore(): void
}

/** Starts a server with a hub, which is closed after the test. */
export async function setupLosable(options: Partial<HubOptions> = {}): Promise<LosableServer> {
  const hub = newHub(options)
  let response: ServerResponse | undefined
  let refused = false
  const routes = new Hono<PageEnv>()
    .get('/events', context => {
      if (refused) return context.body(null, 503)
      return rawBody(context, 'text/event-stream', outgoing => {
        response = outgoing
        hub.join(new EventStream(outgoing))
      })
    })
    .get('/actors/:key', context => context.json({ ...hub.get(Number(context.req.param('key')))?.details }))
  const token = 'a-token-that-is-long-enough'
  const { url } = closeAfterTest(await servePage({ folder: pageFolder(), host: '127.0.0.1', port: 0, token, routes }))
  return {
    url,
    hub,
    lose() {
      refused = true
      response?.destroy()
    },
    restore() {
      refused = false
    },
  }
}
