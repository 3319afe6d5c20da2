import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { engineRequest } from '../engine/request.ts'
import { type TarEntry, tar } from './tar.ts'

const run = promisify(execFile)

const fixtures = new URL('../../fixtures/functions/', import.meta.url)
const kit = new URL('../../../node_modules/@fnproject/fdk/', import.meta.url)

const repository = 'cookietin-test/function'

/**
 * The image that the tests of hot functions run: Node.js, its libraries, Fn's unmodified kit, and the functions of
 * test/fixtures. Its tag is a hash of its contents.
 */
export const functionImage = `${repository}:${digest()}`

let made: Promise<void> | undefined

/** Builds {@link functionImage} from this machine's files, if the engine does not have it. */
export async function ensureFunctionImage(): Promise<string> {
  made ??= engineRequest('GET', `/images/${functionImage}/json`).then(() => {}, importImage)
  await made
  return functionImage
}

function digest(): string {
  const hash = createHash('sha256').update(process.version)
  for (const name of readdirSync(fixtures).sort()) hash.update(name).update(readFileSync(new URL(name, fixtures)))
  return hash
    .update(readFileSync(new URL('package.json', kit)))
    .digest('hex')
    .slice(0, 12)
}

async function importImage(): Promise<void> {
  const { stdout } = await run('ldd', [process.execPath])
  const libraries = stdout.match(/\/\S+/g) ?? []
  const archive = await tar([
    await file('bin/node', process.execPath),
    await file('bin/busybox', '/bin/busybox'),
    ...(await Promise.all(libraries.map(path => file(path.slice(1), path)))),
    ...(await folder('function/fdk/', kit, /^(fn-fdk\.js|package\.json)$/)),
    ...(await folder('function/', fixtures, /\.cjs$/)),
    await compiled('function/serial', 'serial.c'),
    { path: 'tmp/', mode: 0o1777 },
  ])
  const query = new URLSearchParams({ fromSrc: '-', repo: repository, tag: digest() })
  query.append('changes', 'ENV PATH=/bin')
  await engineRequest('POST', `/images/create?${query}`, archive)
}

/** A static binary of one of the fixtures. */
async function compiled(path: string, source: string): Promise<TarEntry> {
  const home = await mkdtemp(join(tmpdir(), 'cookietin-cc-'))
  try {
    await run('cc', ['-static', '-O2', '-o', join(home, 'binary'), fileURLToPath(new URL(source, fixtures))])
    return await file(path, join(home, 'binary'))
  } finally {
    await rm(home, { recursive: true })
  }
}

async function file(path: string, source: string | URL): Promise<TarEntry> {
  return { path, mode: 0o755, data: await readFile(source) }
}

async function folder(path: string, source: URL, names: RegExp): Promise<TarEntry[]> {
  const found = (await readdir(source)).filter(name => names.test(name))
  return Promise.all(found.map(name => file(path + name, new URL(name, source))))
}
