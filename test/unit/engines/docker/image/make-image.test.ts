import { buffer } from 'node:stream/consumers'
import { extract } from 'tar-stream'
import { expect, test, vi } from 'vitest'
import { archiveOf, type ImageEntry } from '../../../../../src/engines/docker/image/make-image.ts'

const content = Buffer.from('a program')
const entries: readonly ImageEntry[] = [
  { name: 'folder/', type: 'directory', mode: 0o755 },
  { name: 'folder/program', type: 'file', mode: 0o755, content },
]

test('the archive holds the entries, owned by root', async () => {
  const found: unknown[] = []
  for await (const entry of extract().end(await archiveOf(entries))) {
    const { name, mode, uid, gid, type } = entry.header
    found.push({ name, mode, uid, gid, type, content: await buffer(entry) })
  }
  const root = { mode: 0o755, uid: 0, gid: 0 }
  expect(found).toEqual([
    { ...root, name: 'folder/', type: 'directory', content: Buffer.alloc(0) },
    { ...root, name: 'folder/program', type: 'file', content },
  ])
})

test('the archive is the same at any time', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    vi.setSystemTime('2026-01-01')
    const first = await archiveOf(entries)
    vi.setSystemTime('2030-06-01')
    expect((await archiveOf(entries)).equals(first)).toBe(true)
  } finally {
    vi.useRealTimers()
  }
})
