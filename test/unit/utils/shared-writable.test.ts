import { PassThrough, Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMockDriver } from '../../../src/driver/testing.ts'
import { createExecutor } from '../../../src/index.ts'
import { followWritable, writeTo } from '../../../src/utils/shared-writable.ts'

const listeners = (writable: Writable) =>
  ['error', 'close', 'drain'].map(name => writable.listenerCount(name)).reduce((sum, count) => sum + count)
/** Closed, and whoever heard of it has done what he does then. */
const closed = (writable: Writable) => new Promise(resolve => writable.once('close', () => setImmediate(resolve)))
const nobody = { drained() {}, gone() {} }

const uncaught: unknown[] = []
const note = (error: unknown) => uncaught.push(error)
beforeEach(() => {
  process.on('uncaughtException', note).on('unhandledRejection', note).on('warning', note)
})
afterEach(async () => {
  await new Promise(resolve => setImmediate(resolve))
  process.off('uncaughtException', note).off('unhandledRejection', note).off('warning', note)
  expect(uncaught.splice(0)).toEqual([])
})

describe('a writable that many write to', () => {
  it('is listened to once, and not at all when all have left', () => {
    const log = new PassThrough()
    const before = listeners(log)
    const leave = Array.from({ length: 50 }, () => followWritable(log, nobody))
    expect(listeners(log)).toBe(before + 3)
    for (const go of leave) go()
    expect(listeners(log)).toBe(before)
  })

  it('reports a drain and a failure to every writer', async () => {
    const log = new PassThrough()
    const told: string[] = []
    const follow = (name: string) =>
      followWritable(log, { drained: () => told.push(`${name} drained`), gone: () => told.push(`${name} gone`) })
    const leave = [follow('a'), follow('b')]
    log.emit('drain')
    leave[0]?.()
    log.destroy(new Error('EPIPE'))
    await closed(log)
    expect(told).toEqual(['a drained', 'b drained', 'b gone', 'b gone'])
    leave[1]?.()
    await new Promise(resolve => setImmediate(resolve))
    expect(listeners(log)).toBe(0)
  })

  it('may fail after they have left, while something of theirs was on its way', async () => {
    const fail: (() => void)[] = []
    const late = new Writable({ write: (_chunk, _encoding, done) => fail.push(() => done(new Error('ENOSPC'))) })
    const leave = followWritable(late, nobody)
    writeTo(late, Buffer.from('a'))
    leave()
    for (const act of fail) act()
    await closed(late)
    expect(listeners(late)).toBe(0)
  })

  it('may be ended by its owner while something is on its way', async () => {
    const done: (() => void)[] = []
    const slow = new Writable({ write: (_chunk, _encoding, next) => done.push(next) })
    const leave = followWritable(slow, nobody)
    writeTo(slow, Buffer.from('a'))
    slow.end()
    leave()
    for (const act of done) act()
    await closed(slow)
    expect([slow.errored, listeners(slow)]).toEqual([null, 0])
  })

  it('may throw, which counts as broken', async () => {
    const broken = new Writable({
      write() {
        throw new Error('not mine')
      },
    })
    let gone = 0
    const leave = followWritable(broken, { drained() {}, gone: () => gone++ })
    expect(writeTo(broken, Buffer.from('a'))).toBe(true)
    leave()
    await closed(broken)
    expect([gone, listeners(broken)]).toEqual([0, 0])
  })
})

it('thousands of runs share a log', async () => {
  await using driver = createMockDriver({ stdout: 'hi\n' })
  await using executor = createExecutor({ driver, concurrency: 2 })
  const log = new PassThrough().setEncoding('utf8')
  await Promise.all(Array.from({ length: 1_000 }, () => executor.run({ image: 'a', stdout: log, stderr: log })))
  expect(log.read()).toBe('hi\n'.repeat(1_000))
})

it('a run whose writable throws continues without it', async () => {
  await using driver = createMockDriver({ stdout: 'hi\n' })
  await using executor = createExecutor({ driver })
  const stdout = new Writable({
    write() {
      throw new Error('not mine')
    },
  })
  expect(await executor.run({ image: 'a', stdout })).toMatchObject({
    status: 'success',
    stdout: 'hi\n',
    stdoutTruncated: false,
    stdoutError: expect.objectContaining({ message: 'not mine' }),
  })
})
