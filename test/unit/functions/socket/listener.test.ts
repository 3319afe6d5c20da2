import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { linkSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { connectWithRetries, untilListening } from '../../../../src/functions/socket/listener.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cookietin-test-'))
  return () => rmSync(folder, { recursive: true, force: true })
})

/** A server on a socket of the folder that keeps every connection it gets. */
async function listen(name: string) {
  const sockets: Socket[] = []
  const server = createServer(socket => sockets.push(socket))
  server.listen(join(folder, name))
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { sockets }
}

const never = new AbortController().signal

it.each(['real.sock', './real.sock', 'lsnr.sock'])('opens no connection to find out whether %s listens', async name => {
  const { sockets } = await listen(name)
  if (name !== 'lsnr.sock') symlinkSync(name, join(folder, 'lsnr.sock'))
  const listener = await untilListening(folder, never)
  listener.close()
  // A connection would come before this one.
  const connection = connect(join(folder, name))
  await once(connection, 'connect')
  await expect.poll(() => sockets.length).toBe(1)
  connection.destroy()
})

it('finds a socket that is made later', async () => {
  const found = untilListening(folder, never)
  await listen('lsnr.sock')
  const listener = await found
  listener.close()
})

it('repeats a connect until the socket accepts it', async () => {
  const path = join(folder, 'lsnr.sock')
  const before = createServer().listen(join(folder, 'before'))
  await once(before, 'listening')
  // A link to the socket outlives its server: it is a socket that does not listen.
  linkSync(join(folder, 'before'), path)
  before.close()
  const connecting = connectWithRetries(path, 20_000, never)
  await expect(connectWithRetries(path, 0, never)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  rmSync(path)
  await listen('lsnr.sock')
  const socket = await connecting
  socket.destroy()
})

it('serves timers and aborts while a container changes its folder without end', async () => {
  const churn = `for (;;) { require('fs').writeFileSync('x', ''); require('fs').unlinkSync('x') }`
  const producers = [1, 2].map(n =>
    spawn(process.execPath, ['-e', churn.replaceAll("'x'", `'x${n}'`)], { cwd: folder, stdio: 'ignore' }),
  )
  const stop = async () => {
    for (const producer of producers) producer.kill('SIGKILL')
    await Promise.all(producers.map(producer => producer.exitCode ?? producer.signalCode ?? once(producer, 'exit')))
  }
  const aborting = new AbortController()
  try {
    const listening = untilListening(folder, aborting.signal)
    listening.catch(() => {})
    // 20 timers in a row fire while the producers run: they end only after the test.
    for (let beat = 0; beat < 20; beat++) await new Promise(resolve => setTimeout(resolve, 5))
    aborting.abort(new Error('enough'))
    await expect(listening).rejects.toThrow('enough')
    expect(producers.every(({ exitCode, signalCode }) => exitCode === null && signalCode === null)).toBe(true)
  } finally {
    // Before the folder is removed.
    await stop()
  }
})
