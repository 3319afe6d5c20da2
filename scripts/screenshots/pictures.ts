import type { Page } from 'playwright-core'

/** A picture of a view. */
export interface Picture {
  readonly name: string
  /** The name of the view. */
  readonly scene: string
  readonly size: { readonly width: number; readonly height: number }
  readonly colorScheme: 'light' | 'dark'
  /** Pixels of the picture for one of the page. */
  readonly scale?: number
  readonly prepare?: (page: Page) => Promise<unknown>
}

const wide = { width: 1440, height: 900 }
const filter = (text: string) => async (page: Page) => {
  await page.locator('#filter').fill(text)
  await page.locator('#filter').blur()
}

/** The pictures of docs/inspector.md. That of the cookie is in README.md, too, which shows it at a reduced size. */
export const pictures: readonly Picture[] = [
  { name: 'table', scene: 'table', size: wide, colorScheme: 'light', prepare: filter('-machine:image') },
  {
    name: 'cookie',
    scene: 'run',
    size: { width: 1280, height: 1640 },
    colorScheme: 'light',
    scale: 1.5,
    prepare: filter('machine:cookie -state:created'),
  },
  { name: 'failure', scene: 'failure', size: wide, colorScheme: 'dark' },
  { name: 'output', scene: 'output', size: wide, colorScheme: 'light' },
  { name: 'nested', scene: 'nested', size: wide, colorScheme: 'dark' },
  { name: 'parallel', scene: 'parallel', size: wide, colorScheme: 'light' },
  { name: 'compare', scene: 'compare', size: wide, colorScheme: 'light' },
  { name: 'timeline', scene: 'timeline', size: wide, colorScheme: 'light', prepare: filter('machine:cookie') },
  { name: 'phone', scene: 'run', size: { width: 390, height: 760 }, colorScheme: 'light', scale: 2 },
]
