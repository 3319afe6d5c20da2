import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { deferred } from '../../../src/utils/deferred.ts'
import { collector, live, noEvents, streamsOf, testEngine } from '../../support/engine/docker.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'

checkLeaks()

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const never = new AbortController().signal

describe('output', () => {
  test('of 48 runs of echo, four at a time, is complete', async () => {
    await using driver = await testEngine()
    const outputs: string[] = []
    let left = 48
    const worker = async () => {
      while (left-- > 0) {
        const container = driver.container({ command: ['echo', 'hi'] })
        const { exit, stdout, stderr } = await live(container)
        outputs.push(`${exit.exitCode} ${exit.outputTruncated} ${stdout}${stderr}`)
        await container.remove()
      }
    }
    await Promise.all([worker(), worker(), worker(), worker()])
    expect(outputs).toHaveLength(48)
    expect(new Set(outputs)).toEqual(new Set(['0 false hi\n']))
  })

  test('of 100 000 short lines is complete and in order', async () => {
    await using driver = await testEngine()
    const container = driver.container({ command: ['seq', '100000'] })
    const { exit, stdout } = await live(container)
    await container.remove()
    expect(exit).toMatchObject({ exitCode: 0, outputTruncated: false })
    const lines = stdout.split('\n')
    expect(lines).toHaveLength(100_001)
    expect(lines.findIndex((line, index) => index < 100_000 && line !== String(index + 1))).toBe(-1)
  })

  test('is split into stdout and stderr byte for byte', async () => {
    await using driver = await testEngine()
    const bytes = randomBytes(200_000)
    const container = driver.container({ command: ['sh', '-c', 'tee /dev/stderr'], input: bytes })
    const streams = streamsOf(bytes)
    await container.prepare(never)
    await container.start(streams, noEvents)
    expect(await container.wait()).toMatchObject({ exitCode: 0, outputTruncated: false })
    await container.remove()
    expect([sha256(streams.stdout.bytes()), sha256(streams.stderr.bytes())]).toEqual([sha256(bytes), sha256(bytes)])
  })

  test('of a GiB to a slow reader takes constant memory', async () => {
    const script = fileURLToPath(new URL('../../support/children/flood.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [script], { env: { ...process.env } })
    const { bytes, grown, exit } = JSON.parse(stdout) as { bytes: number; grown: number; exit: object }
    expect({ bytes, exit }).toEqual({ bytes: 2 ** 30, exit: { exitCode: 0, oomKilled: false, outputTruncated: false } })
    expect(grown).toBeLessThan(64 * 2 ** 20)
  })

  test('without a reader: the container can be killed and removed, and the engine does not hang', async () => {
    await using driver = await testEngine()
    const container = driver.container({ command: ['yes'] })
    const stalled = new Promise<void>(() => {})
    const reached = deferred<void>()
    const sink = {
      write() {
        reached.resolve()
        return stalled
      },
    }
    await container.prepare(never)
    await container.start({ stdin: undefined, stdout: sink, stderr: sink }, noEvents)
    await reached.promise
    await container.kill()
    expect(await container.wait()).toMatchObject({ exitCode: 137, oomKilled: false, outputTruncated: true })
    await container.remove()
  })

  test('is truncated when its reader stalls after the exit', async () => {
    await using driver = await testEngine({ outputTimeout: 200 })
    const container = driver.container({ command: ['sh', '-c', 'head -c 100000 /dev/zero'] })
    const sink = { write: () => new Promise<void>(() => {}) }
    await container.prepare(never)
    await container.start({ stdin: undefined, stdout: sink, stderr: sink }, noEvents)
    expect(await container.wait()).toMatchObject({ exitCode: 0, outputTruncated: true })
    await container.remove()
  })

  test('is complete for a slow but steady reader', async () => {
    await using driver = await testEngine({ outputTimeout: 300 })
    const container = driver.container({ command: ['sh', '-c', 'head -c 1000000 /dev/zero'] })
    const kept = collector()
    const slow = {
      async write(chunk: Uint8Array) {
        kept.write(chunk)
        await new Promise(resolve => setTimeout(resolve, 20))
      },
    }
    await container.prepare(never)
    await container.start({ stdin: undefined, stdout: slow, stderr: kept }, noEvents)
    expect(await container.wait()).toMatchObject({ exitCode: 0, outputTruncated: false })
    expect(kept.bytes()).toHaveLength(1_000_000)
    await container.remove()
  })
})

describe('input', () => {
  test('of 64 MiB arrives unchanged', async () => {
    await using driver = await testEngine()
    const input = Array.from({ length: 64 }, () => randomBytes(2 ** 20))
    const container = driver.container({ command: ['cat'], input })
    const streams = streamsOf(input)
    await container.prepare(never)
    await container.start(streams, noEvents)
    expect(await container.wait()).toMatchObject({ exitCode: 0, outputTruncated: false })
    await container.remove()
    expect(sha256(streams.stdout.bytes())).toBe(sha256(Buffer.concat(input)))
  })

  test('that is empty ends at once', async () => {
    await using driver = await testEngine()
    const container = driver.container({ command: ['wc', '-c'], input: '' })
    const { exit, stdout } = await live(container, '')
    await container.remove()
    expect([exit.exitCode, stdout.trim()]).toEqual([0, '0'])
  })

  test('that is not read is released at the exit', async () => {
    await using driver = await testEngine()
    const released = deferred<string>()
    async function* endless() {
      try {
        while (true) yield Buffer.alloc(65_536)
      } finally {
        released.resolve('released')
      }
    }
    const container = driver.container({ command: ['sh', '-c', 'exit 4'], input: endless() })
    const { exit } = await live(container, endless())
    expect(exit).toMatchObject({ exitCode: 4, outputTruncated: false })
    expect(await released.promise).toBe('released')
    await container.remove()
  })

  test('that breaks is reported, and is not ended', async () => {
    await using driver = await testEngine()
    async function* broken() {
      yield Buffer.from('first half')
      throw new Error('the disk is gone')
    }
    const container = driver.container({ command: ['sh', '-c', 'cat; echo done'], input: broken() })
    const streams = streamsOf(broken())
    const told = deferred<Error>()
    await container.prepare(never)
    await container.start(streams, { exitSeen() {}, broken: told.resolve })
    expect((await told.promise).message).toContain('the disk is gone')
    await container.kill()
    expect((await container.wait()).exitCode).toBe(137)
    expect(streams.stdout.text()).not.toContain('done')
    await container.remove()
  })
})
