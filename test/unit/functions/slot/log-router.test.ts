import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { LogRouter } from '../../../../src/functions/slot/log-router.ts'

function target(slow = false) {
  const seen: string[] = []
  const waiting: (() => void)[] = []
  const writable = new Writable({
    highWaterMark: 1,
    write(chunk, _encoding, done) {
      seen.push(String(chunk))
      if (slow) waiting.push(done)
      else done()
    },
  })
  return { writable, seen, open: () => waiting.shift()?.() }
}

const write = (router: LogRouter, text: string) => new Promise<void>(resolve => router.write(text, () => resolve()))

it('passes output to the call in progress, and between calls to the function’s own', async () => {
  const [between, first] = [target(), target()]
  const router = new LogRouter(between.writable)
  await write(router, 'a')
  router.direct(first.writable)
  await write(router, 'b')
  router.direct(undefined)
  await write(router, 'c')
  expect([between.seen, first.seen]).toEqual([['a', 'c'], ['b']])
  router.destroy()
  expect([between.writable.eventNames(), first.writable.eventNames()]).toEqual([[], []])
})

it('waits for a slow writable, until its call is over', async () => {
  const slow = target(true)
  const router = new LogRouter(undefined)
  router.direct(slow.writable)
  let written = false
  const first = write(router, 'a').then(() => {
    written = true
  })
  await new Promise(resolve => setImmediate(resolve))
  expect(written).toBe(false)
  router.direct(undefined)
  await first
  await write(router, 'b')
  expect(slow.seen).toEqual(['a'])
})

it('keeps the end of output without a writable', async () => {
  const [router, call] = [new LogRouter(undefined), target()]
  await write(router, `${'x'.repeat(5_000)}\n`)
  await write(router, 'Error: no flour\n')
  expect(router.unread).toMatch(/^x+\nError: no flour$/)
  expect(router.unread.length).toBeLessThanOrEqual(2_048)
  router.direct(call.writable)
  await write(router, 'heard')
  expect(router.unread).not.toContain('heard')
})

it('loses the log of one that breaks, and nothing else', async () => {
  const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
  const router = new LogRouter(undefined)
  router.direct(broken)
  await write(router, 'a')
  await write(router, 'b')
  expect([broken.destroyed, router.destroyed]).toEqual([true, false])
})
