import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { reachableForEngine } from '../engine/private-reach.ts'
import { engineRequest } from '../engine/request.ts'
import { tar } from '../images/tar.ts'

/** How a request to the registry is handled. `pass` lets it through. */
export type RegistryFault = 'pass' | 'error500' | 'error429' | `html${number}` | 'hang' | 'truncate' | 'corrupt'

/** Debian's registry on this machine's loopback, behind a proxy with scripted faults. */
export interface TestRegistry extends AsyncDisposable {
  /** The host in an image's name: `127.0.0.1:4711`. */
  readonly host: string
  /** Every received request. */
  readonly requests: readonly string[]
  /** Sets how requests are handled from now on. */
  plan: (method: string, path: string) => RegistryFault
  /** Removes all faults, and ends hanging requests. */
  heal(): void
  /** Pushes a new image with a layer of this size and removes it from the engine. Returns its reference and digest. */
  push(name: string, size?: number): Promise<{ readonly image: string; readonly digest: string }>
}

/** The login of the registry. */
export interface Login {
  readonly username: string
  readonly password: string
}

/** Starts a registry. With a login, pulls need it. */
export async function startRegistry(login?: Login): Promise<TestRegistry> {
  const folder = mkdtempSync('/tmp/ct-')
  const port = await freePort()
  const auth = login === undefined ? '' : `auth: { htpasswd: { realm: test, path: ${join(folder, 'htpasswd')} } }\n`
  if (login !== undefined) {
    writeFileSync(join(folder, 'htpasswd'), execFileSync('htpasswd', ['-Bbn', login.username, login.password]))
  }
  const storage = `storage: { filesystem: { rootdirectory: ${join(folder, 'data')} } }`
  writeFileSync(join(folder, 'config.yml'), `version: 0.1\n${storage}\n${auth}http: { addr: '127.0.0.1:${port}' }\n`)
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'close')
  await listening(child.stderr)
  const requests: string[] = []
  const pushed: string[] = []
  const server = createServer((incoming, response) => {
    requests.push(`${incoming.method} ${incoming.url}`)
    // The engine must not keep connections, which the leak check would count.
    response.shouldKeepAlive = false
    misbehave(registry.plan(incoming.method ?? '', incoming.url ?? ''), port, incoming, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxyPort = (server.address() as AddressInfo).port
  const reach = await reachableForEngine(proxyPort)
  const host = `127.0.0.1:${proxyPort}`
  const registry: TestRegistry = {
    host,
    requests,
    plan: () => 'pass',
    heal() {
      registry.plan = () => 'pass'
      server.closeAllConnections()
    },
    push(name, size = 1024) {
      pushed.push(`${host}/${name}:1`)
      return push(`${host}/${name}`, size, login)
    },
    async [Symbol.asyncDispose]() {
      // Containers that a failed test left.
      for (const image of pushed) await engineRequest('DELETE', `/images/${image}`).catch(() => {})
      await reach[Symbol.asyncDispose]()
      server.closeAllConnections()
      server.close()
      child.kill()
      await ended
      rmSync(folder, { recursive: true })
    },
  }
  return registry
}

async function push(repository: string, size: number, login: Login | undefined) {
  const image = `${repository}:1`
  // Random, so that the layer is unique and does not compress.
  const archive = await tar([
    { path: 'data', mode: 0o644, data: randomBytes(size) },
    { path: 'tmp/', mode: 0o1777 },
  ])
  await engineRequest(
    'POST',
    `/images/create?fromSrc=-&repo=${repository}&tag=1&changes=CMD%20%5B%22%2Fdata%22%5D`,
    archive,
  )
  const header = Buffer.from(JSON.stringify(login ?? {})).toString('base64')
  const said = await engineRequest('POST', `/images/${repository}/push?tag=1`, undefined, { 'X-Registry-Auth': header })
  const {
    RepoDigests: [full = ''],
  } = (await engineRequest('GET', `/images/${image}/json`)) as { RepoDigests: string[] }
  await engineRequest('DELETE', `/images/${image}`)
  if (full === '') throw new Error(`the push of ${image} failed: ${JSON.stringify(said)}`)
  return { image, digest: full.slice(full.indexOf('@') + 1) }
}

function misbehave(fault: RegistryFault, port: number, incoming: IncomingMessage, response: ServerResponse): void {
  if (fault === 'hang') return
  if (fault === 'error500' || fault === 'error429') {
    response.writeHead(fault === 'error500' ? 500 : 429, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify({ errors: [{ code: fault === 'error429' ? 'TOOMANYREQUESTS' : 'UNKNOWN' }] }))
    return
  }
  if (fault.startsWith('html')) {
    response.writeHead(Number(fault.slice(4)), { 'Content-Type': 'text/html' })
    response.end('<html><body>no</body></html>')
    return
  }
  const { method, url, headers } = incoming
  const onward = request({ host: '127.0.0.1', port, method, path: url, headers, agent: false }, reply => {
    response.writeHead(reply.statusCode ?? 502, { ...reply.headers, connection: 'close' })
    let first = true
    reply.on('data', (chunk: Buffer) => {
      if (fault === 'truncate') return void response.write(chunk.subarray(0, 100), () => response.destroy())
      if (fault === 'corrupt' && first) chunk.writeUInt8(chunk.readUInt8(chunk.length - 1) ^ 1, chunk.length - 1)
      first = false
      response.write(chunk)
    })
    reply.on('end', () => response.end())
    reply.on('error', () => response.destroy())
  })
  onward.on('error', () => response.destroy())
  response.on('close', () => onward.destroy())
  incoming.pipe(onward)
}

async function listening(stderr: NodeJS.ReadableStream): Promise<void> {
  const lines = createInterface({ input: stderr })
  for await (const line of lines) if (line.includes('listening on')) break
  // Its later output must not fill the pipe.
  stderr.resume()
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
