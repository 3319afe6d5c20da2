import type * as fs from 'node:fs'
import { expect, it, onTestFinished, vi } from 'vitest'
import { folderChanges } from '../../../../src/functions/socket/folder-changes.ts'

const lack = Object.assign(new Error('EMFILE: too many open files, watch'), { code: 'EMFILE' })

vi.mock('node:fs', async original => ({
  ...(await original<typeof fs>()),
  watch: () => {
    throw lack
  },
}))

it('without a watcher looks again after a while, and ends with its signal', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const stopping = new AbortController()
  let looks = 0
  const looking = (async () => {
    for await (const _ of folderChanges('/tmp', stopping.signal)) looks++
  })()
  await vi.advanceTimersByTimeAsync(200)
  expect(looks).toBeGreaterThan(2)
  expect(looks).toBeLessThan(6)
  stopping.abort()
  await vi.advanceTimersByTimeAsync(10)
  await looking
})
