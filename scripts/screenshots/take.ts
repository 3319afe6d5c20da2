// Takes the pictures of docs/inspector.md: `npm run screenshots`. With a folder, `npm run screenshots -- FOLDER`, takes every view at each size in
// light and dark, and has axe look at each.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { AxeResults } from 'axe-core'
import { launchBrowser, openPage } from '../../test/support/browser/browser.ts'
import { buildPage } from '../build/page.ts'
import { type Picture, pictures } from './pictures.ts'
import { scenes } from './scenes.ts'
import { setStage } from './stage.ts'

/** For how long the process is busy before anyone looks, in ms. */
const warmUp = 14_000

const folder = process.argv[2]
const images = fileURLToPath(new URL('../../docs/images', import.meta.url))
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const wanted: readonly Picture[] =
  folder === undefined
    ? pictures
    : scenes.flatMap(({ name: scene }) =>
        [1440, 1024, 390].flatMap(width =>
          (['light', 'dark'] as const).map(colorScheme => ({
            name: `${scene}-${width}-${colorScheme}`,
            scene,
            size: { width, height: width === 390 ? 800 : 900 },
            colorScheme,
          })),
        ),
      )

await buildPage()
await using stage = await setStage(warmUp)
const browser = await launchBrowser()
let found = 0
for (const { name, scene, size, colorScheme, scale = 1, prepare } of wanted) {
  const { url, go } = scenes.find(({ name }) => name === scene) ?? { url: () => '' }
  const look = { colorScheme, viewport: size, deviceScaleFactor: scale, reducedMotion: 'reduce' } as const
  await stage.forwarded.restore()
  const { page } = await openPage(browser, url(stage), look)
  await go?.(page, stage)
  await prepare?.(page)
  await sleep(500)
  await page.screenshot({
    path: join(folder ?? images, folder === undefined ? `inspector-${name}.png` : `${name}.png`),
  })
  await page.evaluate(axe)
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults
  for (const { id, nodes } of violations) console.error(`${name}: ${id}: ${nodes.map(({ html }) => html).join('\n')}`)
  found += violations.length
  console.log(name)
  await page.context().close()
}
await browser.close()
process.exitCode = found === 0 ? 0 : 1
