// Runs benchmarks by name, each compared with its peers: `npm run bench cold hot`. Without a name, lists them.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import setUpEngine from '../test/support/engine/global-setup.ts'
import { ensureTestImage } from '../test/support/images/images.ts'
import { buildPage } from './build-page.ts'

const folder = fileURLToPath(new URL('../bench/', import.meta.url))
/** The description of a benchmark is the first comment of its file. */
const benches = new Map<string, string>()
for (const file of readdirSync(folder).sort()) {
  const about = /^(?:\/\/ .*\n)+/.exec(readFileSync(folder + file, 'utf8'))?.[0]
  if (about !== undefined)
    benches.set(file.replace('.ts', ''), about.replaceAll('// ', '').trim().replaceAll('\n', ' '))
}
const needEngine = ['cold', 'freezer', 'hot', 'spare', 'stats']

const names = process.argv.slice(2)
const unknown = names.filter(name => !benches.has(name))
if (names.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no benchmark ${unknown.join(', ')}\n`)
  console.log('Usage: npm run bench NAME…\n')
  for (const [name, about] of benches) console.log(`  ${name.padEnd(9)} ${about}`)
  process.exit(unknown.length > 0 ? 1 : 0)
}

const tearDown = names.some(name => needEngine.includes(name)) ? await setUpEngine() : undefined
try {
  if (names.some(name => needEngine.includes(name))) await ensureTestImage()
  // It serves the inspector's page.
  if (names.includes('machine')) await buildPage()
  for (const name of names) {
    const { status } = spawnSync(process.execPath, [`${folder}${name}.ts`], { stdio: 'inherit' })
    process.exitCode ||= status ?? 1
  }
} finally {
  await tearDown?.()
}
