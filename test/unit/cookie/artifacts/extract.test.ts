import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Collector } from '../../../../src/cookie/artifacts/collect.ts'
import type { Artifacts } from '../../../../src/cookie/artifacts/types.ts'
import type { EngineContainer, FoundEntry } from '../../../../src/engines/engine.ts'
import { CookietinError } from '../../../../src/errors.ts'
import { resolveTask } from '../../../../src/task/resolve-task.ts'
import { checkLeaks } from '../../../support/leaks/hooks.ts'

checkLeaks()

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'ct-extract-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

async function* bytes(content: string) {
  yield Buffer.from(content)
}

const found = (path: string, content: string, type = 'file', mode = 0o644): FoundEntry => ({
  ...{ path, type, mode, size: content.length, content: bytes(content) },
})

/** Collects what a container of the test pretends to hold at /o. */
async function collected(entries: readonly FoundEntry[], bounds = {}): Promise<Artifacts> {
  const collector = new Collector(resolveTask({ image: 'x', artifacts: ['/o', '/gone'], ...bounds }))
  const copyOut = async (path: string) => (path === '/o' ? Readable(entries) : undefined)
  await collector.collect({ copyOut } as Partial<EngineContainer> as EngineContainer, new AbortController().signal)
  const artifacts = collector.result(undefined)
  onTestFinished(() => artifacts[Symbol.asyncDispose]())
  return artifacts
}

async function* Readable(entries: readonly FoundEntry[]) {
  yield* entries
}

test('only files and folders with names inside are kept; the rest is named', async () => {
  const artifacts = await collected([
    found('/o', '', 'folder'),
    found('/o/a', 'first', 'file', 0o6755),
    found('/o/a', 'again'),
    ...['/etc/passwd', '/o/../x', '/o//x', '/o/./x', '/ox', '/o/'].map(path => found(path, 'bad')),
    found('/o/l', '', 'symbolic link to /etc'),
  ])
  expect(artifacts.missing).toEqual(['/gone'])
  expect(artifacts.toJSON()?.entries).toEqual([
    { path: '/o', type: 'folder', size: 0, mode: 0o644 },
    { path: '/o/a', type: 'file', size: 5, mode: 0o755 },
  ])
  expect(artifacts.refused.map(({ path }) => path)).toEqual([
    '/o/a',
    '/etc/passwd',
    '/o/../x',
    '/o//x',
    '/o/./x',
    '/ox',
    '/o/',
    '/o/l',
  ])
})

test('bytes and entries are bounded, also for a file that is larger than it says', async () => {
  const liar = { ...found('/o/liar', 'x'.repeat(100)), size: 1 }
  const bounded = await collected([found('/o/a', 'aa'), liar, found('/o/b', 'b')], { maxArtifacts: 50 })
  expect([bounded.truncated, bounded.toJSON()?.entries.length]).toEqual([true, 1])
  const few = await collected([found('/o/a', 'a'), found('/o/b', 'b'), found('/o/c', 'c')], { maxArtifactEntries: 2 })
  expect([few.truncated, few.toJSON()?.entries.length]).toEqual([true, 2])
})

test('bytes beyond those in memory come back unchanged, more than once, until they are given up', async () => {
  const large = 'cookietin '.repeat(100_000)
  const artifacts = await collected([found('/o/small', 'small'), found('/o/large', large), found('/o/last', 'last')])
  for (let round = 0; round < 2; round++) {
    const contents: Record<string, string> = {}
    for await (const { path, content } of artifacts)
      contents[path] = Buffer.concat(await Array.fromAsync(content)).toString()
    expect(contents).toEqual({ '/o/small': 'small', '/o/large': large, '/o/last': 'last' })
  }
  await artifacts[Symbol.asyncDispose]()
  const into = await folder()
  await expect(artifacts.extractTo(into)).rejects.toBeInstanceOf(CookietinError)
})

test('nothing is written outside, through a link, or over a file', async () => {
  const [into, outside] = [await folder(), await folder()]
  await writeFile(join(outside, 'victim'), 'safe')
  await mkdir(join(into, 'o/dir'), { recursive: true })
  await symlink(outside, join(into, 'o/linked'))
  await symlink(join(outside, 'victim'), join(into, 'o/file'))
  await link(join(outside, 'victim'), join(into, 'o/hard'))
  const entries = () =>
    ['linked/new', 'file', 'hard', 'dir', 'dir/new', 'hard/below', 'x'.repeat(300)].map(name =>
      found(`/o/${name}`, 'new'),
    )
  const kept = await (await collected(entries())).extractTo(into)
  expect(kept.files).toEqual([join(into, 'o/dir/new')])
  expect(kept.refused.map(({ reason }) => reason)).toEqual([
    'a symbolic link is in its way',
    'a symbolic link is in its place',
    'a file of that name exists',
    'something else than a file is in its place',
    'a file is in its way',
    'its name is too long for this host',
  ])
  await (await collected(entries())).extractTo(into, { overwrite: true })
  expect([await readFile(join(into, 'o/hard'), 'utf8'), await readFile(join(outside, 'victim'), 'utf8')]).toEqual([
    'new',
    'safe',
  ])
  expect(await readdir(outside)).toEqual(['victim'])
})

test('a part can be extracted, and modes are kept', async () => {
  const into = await folder()
  const artifacts = await collected([found('/o/d/run', 'x', 'file', 0o750), found('/o/e', 'e')])
  await artifacts.extractTo(into, { from: '/o/d' })
  await artifacts.extractTo(into, { from: '/o/e' })
  expect((await readdir(into)).toSorted()).toEqual(['e', 'run'])
  expect((await stat(join(into, 'run'))).mode & 0o777).toBe(0o750)
})
