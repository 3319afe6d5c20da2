import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { createExecutor, type Executor } from '../../src/index.ts'
import { type Inspector, type InspectorOptions, startInspector } from '../../src/inspector/index.ts'
import { createMockDriver, type MockScript } from '../../src/testing.ts'
import { launchBrowser, openPage, type WatchedPage } from '../support/browser/browser.ts'

let browser: Browser | undefined
const opened: WatchedPage[] = []

/** One browser for the tests of a file; each page is closed after its test, and nothing bad may have been noted on it. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterEach(async () => {
    await closePages()
    const pages = opened.splice(0)
    for (const { errors, foreign } of pages) expect({ errors, foreign }).toEqual({ errors: [], foreign: [] })
  })
  afterAll(() => browser?.close())
}

const closePages = () => Promise.all(opened.map(({ page }) => page.context().close()))

/** The browser of the file. */
export function withBrowser(): Browser {
  if (browser === undefined) throw new Error('call useBrowser() first')
  return browser
}

/** Opens a page that is checked after the test. */
export async function open(url: string, options: Parameters<typeof openPage>[2] = {}): Promise<WatchedPage> {
  const watched = await openPage(withBrowser(), url, options)
  opened.push(watched)
  return watched
}

/** An inspector with an executor of a mock driver; the pages that are checked after the test are closed before it, so as not to look for it in vain. */
export interface InspectedExecutor extends AsyncDisposable {
  readonly inspector: Inspector
  readonly executor: Executor
}

/** Images: `quick` ends at once, `brief` when it is told to, with the one sample that a short run gets, `broken` with exit code 3, `burnt` before it has begun, `greedy` for want of memory, `long` when it is told to. */
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

export async function setup(options: InspectorOptions = {}, concurrency = 8): Promise<InspectedExecutor> {
  const inspector = await startInspector(options)
  const driver = createMockDriver(script)
  const executor = createExecutor({ driver, concurrency, inspect: inspector.inspect })
  return {
    inspector,
    executor,
    async [Symbol.asyncDispose]() {
      await closePages()
      await executor.close({ force: true })
      await driver.close()
      await inspector.close()
    },
  }
}
