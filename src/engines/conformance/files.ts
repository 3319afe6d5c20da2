import assert from 'node:assert/strict'
import type { FileEntry, FileSource, FoundEntry } from '../engine.ts'
import type { ConformanceTests } from './bench.ts'

const task = { files: { '/work/in': '' }, artifacts: ['/work'] }

export const fileTests: ConformanceTests = {
  async 'copies files in and out unchanged, if it can copy'({ run, commands }) {
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251))
    const { container, prepare, start } = run({ ...commands.exit(0), ...task })
    if (container.copyIn === undefined || container.copyOut === undefined) return
    await prepare()
    const { signal } = new AbortController()
    const sources = [fileOf('/work/in', bytes, bytes.length), fileOf('/work/deep/unknown', bytes, undefined)]
    await container.copyIn(sources, signal)
    await start()
    await container.wait()
    const found = await entriesOf(await container.copyOut('/work', signal))
    assert.deepEqual([...found.keys()].toSorted(), ['/work', '/work/deep', '/work/deep/unknown', '/work/in'])
    for (const path of ['/work/in', '/work/deep/unknown']) {
      assert.ok(found.get(path)?.equals(bytes))
      assert.equal((await entriesOf(await container.copyOut(path, signal))).get(path)?.length, bytes.length)
    }
    assert.equal(await container.copyOut('/work/nothing', signal), undefined)
  },

  async 'passes the error of a source on, and can be removed then'({ run, commands }) {
    const { container, prepare } = run({ ...commands.exit(0), ...task })
    if (container.copyIn === undefined) return
    await prepare()
    const failing = (async function* () {
      yield Buffer.from('a')
      throw new Error('no more')
    })()
    const file = { ...fileOf('/work/in', failing, 100), isRepeatable: false }
    await assert.rejects(container.copyIn([file], new AbortController().signal), /no more/)
    await container.remove()
  },
}

function fileOf(path: string, bytes: Uint8Array | AsyncIterable<Uint8Array>, size: number | undefined): FileSource {
  const content = Symbol.asyncIterator in bytes ? bytes : chunksOf(bytes)
  const entry: FileEntry = { path, type: 'file', mode: 0o640, size, content }
  const entries = async function* () {
    yield entry
  }
  return { path, isRepeatable: false, entries }
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}

async function entriesOf(found: AsyncIterable<FoundEntry> | undefined): Promise<Map<string, Buffer>> {
  const entries = new Map<string, Buffer>()
  for await (const { path, type, content } of found ?? []) {
    const chunks: Uint8Array[] = []
    if (type === 'file') for await (const chunk of content) chunks.push(chunk)
    entries.set(path, Buffer.concat(chunks))
  }
  return entries
}
