import { buffer } from 'node:stream/consumers'
import { extract } from 'tar-stream'
import { expect, test, vi } from 'vitest'
import { pauseArchive } from '../../../../../src/engines/docker/network/pause-image.ts'

const program = Buffer.from('a program')

test('the archive holds one executable file of root', async () => {
  const files: unknown[] = []
  for await (const entry of extract().end(await pauseArchive(program))) {
    const { name, mode, uid, gid, type } = entry.header
    files.push({ name, mode, uid, gid, type, data: await buffer(entry) })
  }
  expect(files).toEqual([{ name: 'pause', mode: 0o755, uid: 0, gid: 0, type: 'file', data: program }])
})

test('the archive is the same at any time', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    vi.setSystemTime('2026-01-01')
    const first = await pauseArchive(program)
    vi.setSystemTime('2030-06-01')
    expect((await pauseArchive(program)).equals(first)).toBe(true)
  } finally {
    vi.useRealTimers()
  }
})
