import type { Page } from 'playwright-core'
import type { Stage } from './stage.ts'

/** One picture: where it is, and how to get there. */
export interface Scene {
  readonly name: string
  readonly url: (stage: Stage) => string
  readonly go?: (page: Page, stage: Stage) => Promise<unknown>
}

const at = (fields: Record<string, string>) => `#${new URLSearchParams(fields)}`
const lit = (page: Page) => page.locator('.state.lit').first().waitFor()

export const scenes: readonly Scene[] = [
  { name: 'table', url: ({ url }) => url, go: page => page.locator('.row').first().waitFor() },
  { name: 'run', url: ({ url }) => url + at({ id: 'the-loaf' }), go: lit },
  {
    name: 'output',
    url: ({ url }) => url + at({ id: 'the-loaf', pane: 'output' }),
    go: page => page.locator('.terminal').first().waitFor(),
  },
  {
    name: 'task',
    url: ({ url }) => url + at({ id: 'the-loaf', pane: 'task' }),
    go: page => page.locator('.facts').first().waitFor(),
  },
  {
    name: 'log',
    url: ({ url }) => url + at({ id: 'order-4711', pane: 'log' }),
    go: page => page.locator('.log').waitFor(),
  },
  {
    name: 'failure',
    url: ({ url }) => url + at({ filter: 'status:error' }),
    async go(page) {
      await page.locator('.row').first().click()
      await lit(page)
    },
  },
  {
    name: 'compare',
    url: ({ url }) => url + at({ filter: 'status:error' }),
    async go(page) {
      await page.locator('.row').first().click()
      await page.getByRole('button', { name: 'Compare' }).click()
      await page.locator('.steps').waitFor()
    },
  },
  { name: 'nested', url: ({ url }) => url + at({ id: 'order-4711' }), go: lit },
  { name: 'parallel', url: ({ url }) => url + at({ id: 'mixer' }), go: lit },
  {
    name: 'event',
    url: ({ url }) => url + at({ id: 'mixer', pane: 'log' }),
    async go(page) {
      await page.getByRole('button', { name: 'Send event…' }).click()
      await page.locator('.send-event').waitFor()
    },
  },
  {
    name: 'timeline',
    url: ({ url }) => url + at({ tab: 'timeline' }),
    go: page => page.locator('.timeline-row').first().waitFor(),
  },
  {
    name: 'search',
    url: ({ url }) => url + at({ search: 'exitCode' }),
    go: page => page.locator('.found button').first().waitFor(),
  },
  {
    name: 'recording',
    url: ({ recording }) => recording,
    go: page => page.locator('.row').first().waitFor(),
  },
  {
    name: 'nothing-found',
    url: ({ url }) => url + at({ filter: 'state:runing status:eror' }),
    go: page => page.locator('.nothing').waitFor(),
  },
  {
    name: 'paused',
    url: ({ url }) => url,
    async go(page) {
      await page.locator('.row').first().waitFor()
      await page.keyboard.press(' ')
      await page.locator('.notice.paused').waitFor()
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    },
  },
  { name: 'empty', url: ({ empty }) => empty, go: page => page.getByText('No cookies yet').waitFor() },
  {
    name: 'disconnected',
    url: ({ url, forwarded }) => url.replace(/:\d+\//, `:${forwarded.port}/`) + at({ id: 'the-loaf' }),
    async go(page, { forwarded }) {
      await lit(page)
      await forwarded.cut()
      await page.locator('.notice.lost').waitFor()
    },
  },
]
