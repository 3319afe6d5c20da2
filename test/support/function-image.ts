import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { engineRequest } from './engine-request.ts'
import { type TarEntry, tar } from './tar.ts'

const fixtures = new URL('../fixtures/functions/', import.meta.url)
const kit = new URL('../../node_modules/@fnproject/fdk/', import.meta.url)

/** The image that the tests of hot functions run: Node.js, its libraries, Fn's unmodified kit, and the functions of test/fixtures. */
export const functionImage = 'cookietin-test/function:latest'

let made: Promise<void> | undefined

/** Makes {@link functionImage} of this machine's files; once in a process, since the functions may have changed. */
export async function ensureFunctionImage(): Promise<string> {
  made ??= importImage()
  await made
  return functionImage
}

async function importImage(): Promise<void> {
  const { stdout } = await promisify(execFile)('ldd', [process.execPath])
  const libraries = stdout.match(/\/\S+/g) ?? []
  const archive = tar([
    await file('bin/node', process.execPath),
    await file('bin/busybox', '/bin/busybox'),
    ...(await Promise.all(libraries.map(path => file(path.slice(1), path)))),
    ...(await folder('function/fdk/', kit, /^(fn-fdk\.js|package\.json)$/)),
    ...(await folder('function/', fixtures, /\.cjs$/)),
    { path: 'tmp/', mode: 0o1777 },
  ])
  const query = new URLSearchParams({ fromSrc: '-', repo: 'cookietin-test/function', tag: 'latest' })
  query.append('changes', 'ENV PATH=/bin')
  await engineRequest('POST', `/images/create?${query}`, archive)
}

async function file(path: string, source: string | URL): Promise<TarEntry> {
  return { path, mode: 0o755, data: await readFile(source) }
}

async function folder(path: string, source: URL, names: RegExp): Promise<TarEntry[]> {
  const found = (await readdir(source)).filter(name => names.test(name))
  return Promise.all(found.map(name => file(path + name, new URL(name, source))))
}
