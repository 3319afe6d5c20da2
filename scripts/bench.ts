// Runs benchmarks by name, each beside its peers: `npm run bench cold hot`. `-- --all` runs all of them and prints one table of them,
// `-- --json FILE` also writes the figures. Without a name, lists them.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { summary } from '../bench/support/markdown.ts'
import type { Benchmark, Table } from '../bench/support/table.ts'
import setUpEngine from '../test/support/engine/global-setup.ts'
import { ensureTestImage } from '../test/support/images/images.ts'
import setUpRedis from '../test/support/redis/global-setup.ts'
import { buildPage } from './build/page.ts'

/** How long one benchmark may take, in ms: the others are not held up by one that hangs. */
const longest = 30 * 60_000

const folder = fileURLToPath(new URL('../bench/', import.meta.url))
const { values, positionals } = parseArgs({
  options: { all: { type: 'boolean' }, json: { type: 'string' } },
  allowPositionals: true,
})
const known = readdirSync(folder)
  .filter(file => file.endsWith('.ts'))
  .map(file => file.replace('.ts', ''))
  .sort()
const names = values.all ? known : positionals
const unknown = names.filter(name => !known.includes(name))
if (names.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no benchmark ${unknown.join(', ')}\n`)
  console.log('Usage: npm run bench -- [--json FILE] NAME… | --all\n')
  for (const name of known) console.log(`  ${name.padEnd(10)} ${aboutOf(name)}`)
  process.exit(unknown.length > 0 ? 1 : 0)
}

const benchmarks = await Promise.all(names.map(name => import(`${folder}${name}.ts`) as Promise<Benchmark>))
const needs = new Set(benchmarks.flatMap(({ needs = [] }) => needs))
const work = mkdtempSync(join(tmpdir(), 'ct-bench-'))
const tearDown = needs.has('engine') ? await setUpEngine() : undefined
try {
  if (needs.has('engine')) await ensureTestImage()
  if (needs.has('redis')) setUpRedis()
  if (needs.has('page')) await buildPage()
  if (needs.has('build')) run([fileURLToPath(new URL('build.ts', import.meta.url))])
  const figures: { readonly name: string; readonly tables: readonly Table[] }[] = []
  for (const [at, name] of names.entries()) {
    if (names.length > 1) console.log(`\n${name}, ${at + 1} of ${names.length}`)
    const file = join(work, `${name}.json`)
    if (run([join(folder, 'support/run.ts'), name, file])) {
      figures.push({ name, tables: JSON.parse(readFileSync(file, 'utf8')) as Table[] })
    }
  }
  if (values.all) console.log(`\n${summary(figures)}`)
  if (values.json !== undefined) {
    const machine = { cpus: cpus().length, system: release(), node: process.version }
    writeFileSync(values.json, `${JSON.stringify({ machine, benches: figures }, undefined, 2)}\n`)
  }
} finally {
  rmSync(work, { recursive: true })
  await tearDown?.()
}

function run(args: readonly string[]): boolean {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', timeout: longest })
  if (status === null)
    console.error(`${basename(args[0] ?? '')} ${args[1] ?? ''} was ended; it may take ${longest / 60_000} minutes`)
  process.exitCode ||= status ?? 1
  return status === 0
}

/** The description of a benchmark is the first comment of its file. */
function aboutOf(name: string): string {
  const [about = ''] = /^(?:\/\/ .*\n)+/.exec(readFileSync(`${folder}${name}.ts`, 'utf8')) ?? []
  return about.replaceAll('// ', '').trim().replaceAll('\n', ' ')
}
