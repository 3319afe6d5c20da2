// Builds the package into `dist/`: one bundle for each entry with the chunks that they share, the types, and the inspector's page.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type OutputChunk, type Plugin, rolldown } from 'rolldown'
import { trimMap } from './build/maps.ts'
import { buildPage } from './build/page.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = `${root}dist`

/** The entries of the package: a file of `dist/` for each. */
const entries = {
  index: 'src/index.ts',
  engine: 'src/driver/engine.ts',
  cluster: 'src/cluster/index.ts',
  history: 'src/history/index.ts',
  inspector: 'src/inspector/index.ts',
  telemetry: 'src/telemetry/index.ts',
  machines: 'machines/index.ts',
  testing: 'src/driver/testing.ts',
  cli: 'src/cli/main.ts',
}

const rxjs = `${root}node_modules/rxjs/dist/esm/`

/** The classes of RxJS whose identity counts: with them `instanceof` is true for whoever imports RxJS, too. */
const shared =
  /^internal\/(Observable|Subject|BehaviorSubject|ReplaySubject|AsyncSubject|Subscription|Subscriber|config|util\/\w+Error)\.js$/

/**
 * RxJS by what is used of it. Its entry loads all of its 223 files, which takes 50 ms. The classes are imported one by one, from the same
 * files that its entry loads; the functions and operators that are used are put into the bundle, on top of these classes.
 */
const usedRxjs: Plugin = {
  name: 'used-rxjs',
  resolveId(source, importer) {
    if (source === 'rxjs') return { id: `${rxjs}index.js`, moduleSideEffects: false }
    if (source === 'tslib') return { id: `${root}node_modules/tslib/tslib.es6.mjs`, moduleSideEffects: false }
    if (importer?.startsWith(rxjs) !== true) return undefined
    const path = new URL(`${source.replace(/\.js$/, '')}.js`, `file://${importer}`).pathname
    const inside = path.slice(rxjs.length)
    return shared.test(inside)
      ? { id: `rxjs/${inside.replace(/\.js$/, '')}`, external: true, moduleSideEffects: false }
      : { id: path, moduleSideEffects: false }
  },
}

/**
 * Takes modules of Node.js from the process, not by an import: an import of `node:http` reads all of its properties, among them the lazy
 * ones that load a whole HTTP client (25 ms).
 */
const builtinsOfProcess: Plugin = {
  name: 'builtins-of-process',
  renderChunk(code) {
    const changed = code.replace(/^import (.+) from "(node:[\w/]+)";$/gm, (_, imported: string, name: string) => {
      const [, whole, named] = /^(\w+)?(?:, )?(\{.+\})?$/.exec(imported) ?? []
      const from = `process.getBuiltinModule("${name}")`
      const takes = [whole, named?.replaceAll(' as ', ': ')].filter(each => each !== undefined)
      if (takes.length === 0) throw new Error(`The build does not understand the import ${imported}`)
      return takes.map(each => `const ${each} = ${from};`).join(' ')
    })
    // Lines stay where they are, and with them the source map.
    return { code: changed, map: null }
  },
}

/** Packages that are put into the bundle: small, under the MIT or ISC licence, and loaded at nearly each start. Found one by one, they took 15 ms. */
const bundled = /^(commander|eventemitter3|leven|p-queue|p-timeout|picocolors)$/

const isPackage = (id: string) => /^[@a-z]/.test(id) && !/^(rxjs$|tslib$|@oxc-project)/.test(id) && !bundled.test(id)

/**
 * The chunks that entries and commands share, by the folders whose modules they hold. Modules of no group get a chunk for each set of
 * importers. Few files, since each takes half a millisecond to find and open; and none that is loaded for a small part of it.
 */
const groups: readonly (readonly [name: string, test: RegExp])[] = [
  [
    'base',
    /^(node_modules\/leven|src\/(errors\.ts|utils\/(?!actors\/(?!inspectable)|package-file|single-flight)|task\/engine\/capabilities))/,
  ],
  ['machines', /^machines\/(?!image|namespace|slot|run)/],
  ['connection', /^src\/engines\/docker\/(config|connection\/(?!client\/modem-dialer|probe))/],
  [
    'docker',
    /^src\/engines\/(docker\/(?!connection|image\/image-actor|network\/(pool|open-pool|namespace|pause)|cleanup\/unused-volumes)|engine\.ts|pump-input|pull-progress)/,
  ],
  [
    'core',
    /^(src\/(cookie|driver\/(driver|engine-driver)\.ts|executor|functions|queue|stats|task|utils\/(actors|single-flight))|node_modules\/(rxjs|tslib|p-queue|p-timeout|eventemitter3)\/)/,
  ],
  [
    'command-line',
    /^(node_modules\/(commander|picocolors)|src\/cli\/)(?!commands|main\.ts|version\.ts|output\/(stats-plot|pull-|columns|cluster-lines|format|result-json)|drivers\/(docker-orphans|process|cluster))/,
  ],
]

const groupOf = (id: string): string | null => {
  const path = id.startsWith(root) ? id.slice(root.length) : id
  return groups.find(([, test]) => test.test(path))?.[0] ?? null
}

async function bundle(): Promise<OutputChunk[]> {
  await using build = await rolldown({
    cwd: root,
    input: entries,
    preserveEntrySignatures: 'allow-extension',
    platform: 'node',
    tsconfig: false,
    external: isPackage,
    transform: { target: 'node20.19' },
    plugins: [usedRxjs, builtinsOfProcess],
  })
  const { output } = await build.write({
    dir: dist,
    format: 'esm',
    sourcemap: true,
    // The extension spares Node.js the search for a package.json.
    chunkFileNames: 'chunks/[name].mjs',
    codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: groupOf, debugName: 'groups' }] },
    // What the sources explain need not be read at each start.
    comments: { legal: true, annotation: false, jsdoc: false },
  })
  for (const { fileName } of output) if (fileName.endsWith('.map')) trimMap(`${dist}/${fileName}`)
  return output.filter(each => each.type === 'chunk')
}

/** What `cookietin run` loads at its start of other packages: each more takes milliseconds, and some take 20. */
const loadedByRun = /^(xstate|rxjs\/)/

/** Fails when `cookietin run` would load a package at its start that it need not. */
function checkStart(chunks: readonly OutputChunk[]): void {
  const byName = new Map(chunks.map(chunk => [chunk.fileName, chunk]))
  const run = chunks.filter(chunk => chunk.facadeModuleId === `${root}src/cli/commands/run.ts`)
  const seen = new Set(run.map(({ fileName }) => fileName))
  for (const name of seen) for (const imported of byName.get(name)?.imports ?? []) seen.add(imported)
  const packages = [...seen].filter(name => !byName.has(name) && !name.startsWith('node:'))
  const needless = packages.filter(name => !loadedByRun.test(name))
  if (run.length === 0 || needless.length > 0) {
    throw new Error(`cookietin run loads ${needless.join(', ') || 'nothing'} at its start: see the groups of chunks`)
  }
}

/** The licences of the packages that a bundle holds parts of. */
function licences(chunks: readonly OutputChunk[]): string {
  const modules = chunks.flatMap(chunk => Object.keys(chunk.modules))
  const folders = modules.flatMap(id => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? [])
  return [...new Set(folders)].sort().map(licenceOf).join('\n')
}

function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as Record<
    string,
    string
  >
  const file = readdirSync(folder).find(entry => /^licen[cs]e/i.test(entry))
  const text = file === undefined ? '' : readFileSync(`${folder}/${file}`, 'utf8').trim()
  return `## ${name} ${version} (${license})\n\n${text}\n`
}

/** Removes the declarations that no entry leads to: those of the command line, and of what is internal. */
async function pruneTypes(): Promise<void> {
  const types = `${dist}/types`
  const reached = new Set<string>()
  const visit = (path: string) => {
    if (reached.has(path)) return
    reached.add(path)
    const text = readFileSync(`${types}/${path}`, 'utf8')
    for (const [, source = ''] of text.matchAll(/(?:from|import\() ?["'](\.[^"']+)["']/g)) {
      visit(posix.join(posix.dirname(path), source).replace(/\.[jt]s$/, '.d.ts'))
    }
  }
  for (const [name, path] of Object.entries(entries)) if (name !== 'cli') visit(path.replace(/\.ts$/, '.d.ts'))
  const files = readdirSync(types, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.d.ts'))
  await Promise.all(files.filter(name => !reached.has(name)).map(name => rm(`${types}/${name}`)))
}

await rm(dist, { recursive: true, force: true })
const chunks = await bundle()
checkStart(chunks)
await writeFile(`${dist}/licenses.md`, `# Parts of these packages are in the bundle\n\n${licences(chunks)}`)
execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})
await pruneTypes()
await buildPage(`${dist}/inspector-page`)
if (process.argv.includes('--list')) for (const { fileName, code } of chunks) console.log(code.length, fileName)
