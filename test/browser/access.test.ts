import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { scenes } from '../../scripts/screenshots/scenes.ts'
import { setStage } from '../../scripts/screenshots/stage.ts'
import { createMockDriver } from '../../src/driver/testing.ts'
import { createExecutor } from '../../src/index.ts'
import { closeAfterTest, lostConnection, open, script, setup, setupLosable, useBrowser } from './setup.ts'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds. The debugger evaluates axe, so the page's policy does not block it. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`,
  )
}

describe('accessibility and access', () => {
  useBrowser()

  // Each view in one size and colour scheme: `npm run screenshots` looks at all of them.
  it('axe finds nothing in any view, and none is wider than the page', async () => {
    await using stage = await setStage(1_200)
    const looks = [
      { width: 1440, colorScheme: 'light' },
      { width: 1024, colorScheme: 'dark' },
      { width: 390, colorScheme: 'light' },
      { width: 390, colorScheme: 'dark' },
    ] as const
    const pages = new Map<string, Page>()
    for (const [index, { name, url, go }] of scenes.entries()) {
      const { href, origin } = new URL(url(stage))
      const known = pages.get(origin)
      const page = known ?? (await open(href, { reducedMotion: 'reduce' }, lostConnection))
      pages.set(origin, page)
      if (known !== undefined) await page.goto(href)
      await page.setViewportSize({ width: 1440, height: 600 })
      await go?.(page, stage)
      const { width, colorScheme } = looks[index % looks.length] ?? looks[0]
      await page.setViewportSize({ width, height: 600 })
      await page.emulateMedia({ colorScheme })
      expect(await findings(page), `${name} at ${width} px, ${colorScheme}`).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBe(width)
    }
  })

  it('axe finds nothing in any pane when the connection is lost', async () => {
    const { url, hub, lose } = await setupLosable({ output: true, control: true })
    const driver = createMockDriver(script)
    const executor = createExecutor({ driver, concurrency: 1, inspect: hub.inspect })
    closeAfterTest({
      async close() {
        await executor.close({ force: true })
        await driver.close()
      },
    })
    for (const image of ['quick', 'broken', 'burnt'])
      await executor.run({ image, id: `it-is-${image}` }).catch(() => {})
    for (const id of ['aa', 'bb', 'cc']) void executor.run({ id, image: 'long' })
    const page = await open(url, { colorScheme: 'dark', reducedMotion: 'reduce' }, lostConnection)
    await page.locator('.row', { hasText: 'it-is-broken' }).click()
    await page.getByText('2 queued').first().waitFor()
    await page.locator('.state.lit').waitFor()
    lose()
    await page.getByRole('alert').getByText('The connection is lost').waitFor()
    expect(await findings(page)).toEqual([])
    for (const name of ['Output', 'Task', 'Log', 'Timeline']) {
      await page.getByRole('button', { name, exact: true }).click()
      expect(await findings(page)).toEqual([])
    }
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await page.getByRole('searchbox', { name: 'Search in all actors' }).fill('exitcode')
    await page.locator('.found mark', { hasText: 'exitCode' }).first().waitFor()
    await page.getByRole('status').getByText('Only what this page was told is known.').waitFor()
    expect(await findings(page)).toEqual([])
  })

  it('the page works with the keyboard alone', async () => {
    const { executor, inspector } = await setup()
    for (const id of ['aa', 'bb', 'cc']) await executor.run({ id, image: 'quick' })
    const page = await open(inspector.url)
    await page.locator('.row').first().waitFor()
    while (!(await page.evaluate("document.activeElement.classList.contains('tbody')")))
      await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowDown')
    await page.locator('.details h2', { hasText: 'cc' }).waitFor()
    await page.keyboard.press('End')
    await page.locator('.details h2', { hasText: 'aa' }).waitFor()
    await page.keyboard.press('ArrowUp')
    await page.locator('.details h2', { hasText: 'bb' }).waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.details').waitFor({ state: 'detached' })
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const light = await ground()
    await page.keyboard.press('t')
    await page.keyboard.press('t')
    await page.getByRole('button', { name: 'Dark' }).waitFor()
    expect(await ground()).not.toBe(light)
  })

  it('forbids a wrong token and a foreign Host', async () => {
    const { url } = (await setup()).inspector
    const page = await open(url, {}, /403/)
    const wrong = await page.goto(url.replace(/\w\/$/, end => (end === 'x/' ? 'y/' : 'x/')))
    expect(wrong?.status()).toBe(403)
    expect(await page.textContent('body')).toContain('open the URL that the inspector printed')
    const { port, pathname } = new URL(url)
    // Like the name of an attacker that resolves to this machine.
    const foreign = await page.request.get(`http://127.0.0.1:${port}${pathname}`, {
      headers: { Host: `evil.example:${port}` },
    })
    expect(foreign.status()).toBe(403)
  })
})
