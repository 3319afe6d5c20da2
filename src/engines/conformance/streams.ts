import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { deferred } from '../../utils/deferred.ts'
import { assertExit } from './assert-exit.ts'
import type { ConformanceTests } from './bench.ts'
import { SlowSink, StalledSink } from './sinks.ts'

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

export const streamTests: ConformanceTests = {
  async 'copies input and output completely, at the pace of a slow reader'({ run, commands }) {
    const input = Array.from({ length: 40 }, (_, index) => Buffer.alloc(30_000, index))
    const stdout = new SlowSink()
    const exit = await run(commands.echo, { input, stdout }).toExit()
    assertExit(exit, { exitCode: 0, outputTruncated: false })
    assert.deepEqual([stdout.kept.size, digest(stdout.kept.bytes)], [1_200_000, digest(Buffer.concat(input))])
    assert.equal(stdout.unasked, 0)
  },

  async 'ends an empty input at once'({ run, commands }) {
    assert.equal((await run(commands.echo, { input: '' }).toExit()).exitCode, 0)
  },

  async 'changes no byte'({ run, commands }) {
    const one = run(commands.allBytes)
    await one.toExit()
    assert.deepEqual(
      [...one.stdout.bytes],
      Array.from({ length: 256 }, (_, byte) => byte),
    )
  },

  async 'keeps the two output streams apart'({ run, commands }) {
    const one = run(commands.bothStreams)
    await one.toExit()
    assert.deepEqual([one.stdout.text.trim(), one.stderr.text.trim()], ['out', 'err'])
  },

  async 'accepts a container that does not read its input, and releases the source'({ run, commands }) {
    const { source, released } = endless()
    const { toExit, events } = run(commands.deaf, { input: source })
    assert.equal((await toExit()).exitCode, 0)
    await released
    assert.deepEqual(events, ['exitSeen'])
  },

  async 'releases the source of a container that is killed'({ run, commands }) {
    const { source, released } = endless()
    const { prepare, start, container } = run(commands.echo, { input: source, stdout: new StalledSink() })
    await prepare()
    await start()
    await container.kill()
    await container.wait()
    await released
  },

  async 'reports a broken input, and can be killed then'({ run, commands }) {
    async function* breaking() {
      yield 'a'
      throw new Error('no more')
    }
    const { prepare, start, nextEvent, container } = run(commands.echo, { input: breaking() })
    await prepare()
    const event = nextEvent()
    await start()
    const error = await event
    assert.ok(error instanceof Error && error.message.includes('no more'), String(error))
    assert.equal((error as { code?: unknown }).code, 'ERR_COOKIETIN_INPUT_FAILED')
    await container.kill()
    assert.equal((await container.wait()).exitCode, 137)
  },

  async 'is not delayed by a stalled reader once it is killed'({ run, commands }) {
    const stdout = new StalledSink()
    const { prepare, start, container } = run(commands.flood, { stdout })
    await prepare()
    await start()
    await stdout.stalled
    await container.kill()
    assert.equal((await container.wait()).exitCode, 137)
    assert.equal(stdout.unasked, 0)
  },
}

/** A byte source without an end. `released` resolves when its `return()` was called. */
function endless() {
  const released = deferred<void>()
  // Not a generator: its `finally` does not run when nothing was read.
  const source: AsyncIterableIterator<Uint8Array> = {
    next: async () => ({ done: false, value: new Uint8Array(64 * 1024) }),
    return: async () => {
      released.resolve()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => source,
  }
  return { source, released: released.promise }
}
