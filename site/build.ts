// Builds the documentation site into `site/dist`: the pages of the repository, and a reference made from the docstrings.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { deadLinks } from './check-links.ts'
import { placesOf, readPackage, siteLinks } from './pages.ts'

const site = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '')
const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const source = `${site}/.source`
const { address: repository } = readPackage(root)

rmSync(source, { recursive: true, force: true })
mkdirSync(source)
cpSync(`${root}/docs/images`, `${source}/images`, { recursive: true })
cpSync(`${site}/index.md`, `${source}/index.md`)
const places = placesOf(root)
for (const [path, place] of places) {
  const text = siteLinks(readFileSync(`${root}/${path}`, 'utf8'), path, { places, repository })
  writeFileSync(`${source}/${place}`, text)
}

const run = (command: string, ...args: string[]) =>
  execFileSync(process.execPath, [`${site}/node_modules/${command}`, ...args], { cwd: site, stdio: 'inherit' })
run('typedoc/bin/typedoc')
run('vitepress/bin/vitepress.js', 'build', '.')

const dead = deadLinks(`${site}/dist`)
if (dead.length > 0) throw new Error(`links that lead nowhere:\n${dead.join('\n')}`)
