import { describe, expect, test } from 'vitest'
import { LauncherSession } from '../../../../../src/engines/docker/launcher/session.ts'

/** A session, with the other side of its streams. */
function connect(input?: AsyncIterable<Uint8Array>) {
  const session = new LauncherSession()
  const written = { stdout: '', stderr: '' }
  const seen: string[] = []
  const sink = (name: keyof typeof written) => ({
    write(chunk: Uint8Array): undefined {
      written[name] += Buffer.from(chunk).toString('latin1')
    },
  })
  const sent = session.streams.stdin?.[Symbol.asyncIterator]()
  return {
    session,
    written,
    seen,
    launch() {
      session.launch({
        command: { argv: ['a'], env: [], workDir: undefined, hasInput: input !== undefined, hasMemoryLimit: false },
        streams: { stdin: input, stdout: sink('stdout'), stderr: sink('stderr') },
        events: { exitSeen: () => seen.push('exitSeen'), broken: error => seen.push(error.message) },
      })
    },
    /** The next chunk that the launcher reads. */
    async read(): Promise<Buffer | undefined> {
      const { value } = (await sent?.next()) ?? {}
      return value === undefined ? undefined : Buffer.from(value)
    },
    out: (text: string | Buffer) => session.streams.stdout.write(Buffer.from(text)),
    err: (text: string | Buffer) => session.streams.stderr.write(Buffer.from(text)),
  }
}

/** A session whose task runs, with its token. */
async function running(input?: AsyncIterable<Uint8Array>) {
  const connection = connect(input)
  connection.out('r')
  await connection.session.ready
  connection.launch()
  const frame = await connection.read()
  connection.out('t')
  await connection.session.taken
  const token = frame?.subarray(8, 24) ?? Buffer.alloc(0)
  const marker = (code: number) => Buffer.concat([token, Buffer.from([0x65, code]), Buffer.alloc(16)])
  return { ...connection, marker }
}

const isPending = async (promise: Promise<unknown>) =>
  (await Promise.race([promise.then(String, String), new Promise(resolve => setImmediate(resolve, 'pending'))])) ===
  'pending'

describe('a session with a launcher', () => {
  test('gives the exit once both streams have ended with the same marker', async () => {
    const { session, out, err, written, marker } = await running()
    out('out')
    out(marker(3))
    err('err')
    expect(await isPending(session.end)).toBe(true)
    err(marker(3))
    expect(await session.end).toMatchObject({
      exitCode: 3,
      oomKilled: false,
      outputTruncated: false,
      message: undefined,
    })
    expect(written).toEqual({ stdout: 'out', stderr: 'err' })
  })

  test('gives no exit for two markers that differ, and none when only one stream has a marker', async () => {
    for (const code of [4, undefined]) {
      const { session, out, err, marker } = await running()
      out(marker(3))
      if (code !== undefined) err(marker(code))
      expect(await isPending(session.end)).toBe(true)
    }
  })

  test('gives the reason when the command could not be executed', async () => {
    const { session, out, err, marker } = await running()
    err('[FATAL launch (2)] exec nope failed: No such file or directory\n')
    out(marker(127))
    err(marker(127))
    expect(await session.end).toMatchObject({ exitCode: 127, message: 'exec nope failed: No such file or directory' })
  })

  test('reads no input before the frame is taken', async () => {
    let isRead = false
    async function* input() {
      isRead = true
      yield Buffer.from('in')
    }
    const { session, out, launch, read } = connect(input())
    out('r')
    launch()
    await read()
    const next = read()
    expect([await isPending(next), isRead]).toEqual([true, false])
    out('t')
    await session.taken
    expect([String(await next), isRead, await read()]).toEqual(['in', true, undefined])
  })

  test('reads no input when the container ends before the frame is taken', async () => {
    let isRead = false
    async function* input() {
      isRead = true
      yield Buffer.from('in')
    }
    const { session, out, launch, read } = connect(input())
    out('r')
    launch()
    await read()
    session.fail(new Error('ended'))
    await expect(session.taken).rejects.toThrow('ended')
    expect([await read(), isRead]).toEqual([undefined, false])
  })

  test.each([
    ['x', ''],
    ['', 'err'],
    ['rt', ''],
    ['rx', ''],
  ])('fails when something else comes: %o on stdout, %o on stderr', async (onStdout, onStderr) => {
    const { session, out, err } = connect()
    if (onStdout !== '') out(onStdout)
    if (onStderr !== '') err(onStderr)
    await expect(session.taken).rejects.toThrow('The launcher of a container said')
  })

  test('fails when the launcher refuses the frame', async () => {
    const { session, out, launch } = connect()
    out('r')
    launch()
    out('x')
    await expect(session.taken).rejects.toThrow('said "x"')
    expect(session.hasTaken).toBe(false)
  })

  test('passes on what was held back when the output ends without a marker', async () => {
    const { session, out, written, marker } = await running()
    out(marker(0).subarray(0, 2))
    expect(written.stdout).toBe('')
    await session.flush()
    expect(written.stdout).toBe(marker(0).subarray(0, 2).toString('latin1'))
  })

  test('waits for a sink that is not ready before it gives the exit', async () => {
    const session = new LauncherSession()
    let release = () => {}
    const stdout = { write: () => new Promise<void>(resolve => (release = resolve)) }
    session.launch({
      command: { argv: ['a'], env: [], workDir: undefined, hasInput: false, hasMemoryLimit: false },
      streams: { stdin: undefined, stdout, stderr: { write: () => undefined } },
      events: { exitSeen() {}, broken() {} },
    })
    const { value } = (await session.streams.stdin?.[Symbol.asyncIterator]().next()) ?? {}
    const marker = Buffer.concat([
      Buffer.from(value as Uint8Array).subarray(8, 24),
      Buffer.from([0x65, 0]),
      Buffer.alloc(16),
    ])
    session.streams.stdout.write(Buffer.from('rt'))
    const written = session.streams.stdout.write(Buffer.concat([Buffer.from('text'), marker]))
    session.streams.stderr.write(marker)
    expect(await isPending(session.end)).toBe(true)
    release()
    await written
    expect(await session.end).toMatchObject({ exitCode: 0 })
  })
})
