import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type NetConnectOpts } from 'node:net'
import { fileURLToPath } from 'node:url'

/**
 * Lets the engine of the tests reach a port of this machine's 127.0.0.1 at the same address, as a registry needs.
 * A private engine has its own loopback, so a relay forwards connections over a unix socket. Other engines need none.
 */
export async function reachableForEngine(port: number): Promise<AsyncDisposable> {
  const pid = process.env.COOKIETIN_TEST_ENGINE_PID
  if (pid === undefined) return { async [Symbol.asyncDispose]() {} }
  const dir = await mkdtemp('/tmp/ct-')
  const socketPath = `${dir}/s`
  const here = await relay({ path: socketPath }, { host: '127.0.0.1', port })
  const script = fileURLToPath(import.meta.url)
  const there = spawn('nsenter', ['-t', pid, '-n', process.execPath, script, String(port), socketPath], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(there, 'close')
  await Promise.race([once(there.stdout, 'data'), ended])
  return {
    async [Symbol.asyncDispose]() {
      there.stdin.end()
      await ended
      here.close()
      await rm(dir, { recursive: true })
    },
  }
}

async function relay(from: { path: string } | { host: string; port: number }, to: NetConnectOpts) {
  const server = createServer({ allowHalfOpen: true }, client => {
    const target = connect({ ...to, allowHalfOpen: true })
    client.pipe(target).pipe(client)
    client.on('error', () => target.destroy())
    target.on('error', () => client.destroy())
  })
  server.listen(from)
  await once(server, 'listening')
  return server
}

// This file also runs inside the engine's network, until its standard input closes.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port, path] = process.argv.slice(2)
  await relay({ host: '127.0.0.1', port: Number(port) }, { path: String(path) })
  console.log('ready')
  process.stdin.resume().on('end', () => process.exit())
}
