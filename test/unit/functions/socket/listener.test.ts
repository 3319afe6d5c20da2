import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { untilListening } from '../../../../src/functions/socket/listener.ts'

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
  return { sockets, connection: () => once(server, 'connection') }
}

const never = new AbortController().signal

it('opens no connection to a socket that is linked, since it listens already', async () => {
  const { sockets } = await listen('real.sock')
  symlinkSync('real.sock', join(folder, 'lsnr.sock'))
  const listener = await untilListening(folder, never)
  expect(listener.takeFirst()).toBeUndefined()
  listener.close()
  expect(sockets).toEqual([])
})

it('keeps the connection that showed that a socket listens for the first call', async () => {
  const { sockets, connection } = await listen('lsnr.sock')
  const connected = connection()
  const listener = await untilListening(folder, never)
  await connected
  const first = listener.takeFirst()
  expect(first?.destroyed).toBe(false)
  expect(listener.takeFirst()).toBeUndefined()
  expect([sockets.length, sockets[0]?.destroyed]).toEqual([1, false])
  first?.destroy()
  listener.close()
})

it('finds a socket that is made later', async () => {
  const found = untilListening(folder, never)
  const { connection } = await listen('lsnr.sock')
  await connection()
  const listener = await found
  listener.close()
})

it('serves timers and aborts while a container changes its folder without end', async () => {
  const churn = `for (;;) { require('fs').writeFileSync('x', ''); require('fs').unlinkSync('x') }`
  const producers = [1, 2].map(n =>
    spawn(process.execPath, ['-e', churn.replaceAll("'x'", `'x${n}'`)], { cwd: folder, stdio: 'ignore' }),
  )
  onTestFinished(async () => {
    for (const producer of producers) producer.kill('SIGKILL')
    await Promise.all(producers.map(producer => producer.exitCode ?? producer.signalCode ?? once(producer, 'exit')))
  })
  const aborting = new AbortController()
  const listening = untilListening(folder, aborting.signal)
  listening.catch(() => {})
  // 20 timers in a row fire while the producers run: they end only after the test.
  for (let beat = 0; beat < 20; beat++) await new Promise(resolve => setTimeout(resolve, 5))
  aborting.abort(new Error('enough'))
  await expect(listening).rejects.toThrow('enough')
  expect(producers.every(({ exitCode, signalCode }) => exitCode === null && signalCode === null)).toBe(true)
})
