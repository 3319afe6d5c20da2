import { once } from 'node:events'
import { watch } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, connect as netConnect, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resolveDockerConfig } from '../../../src/engines/docker/config/config.ts'
import { probeEndpoints } from '../../../src/engines/docker/connection/probe.ts'
import { createDockerEngine } from '../../../src/engines/docker/engine.ts'
import { resolveTask } from '../../../src/task/resolve-task.ts'
import { live, noEvents, streamsOf } from '../../support/engine/docker.ts'
import { engineSocket } from '../../support/engine/request.ts'
import { ensureTestImage, testImage } from '../../support/images/images.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'
import { makeCertificates } from '../../support/servers/certificates.ts'
import { startSshd } from '../../support/servers/sshd.ts'

checkLeaks()

let folder: string
beforeAll(async () => {
  await ensureTestImage()
  // The first watch of a process opens a descriptor that the runtime keeps for later ones.
  watch('/tmp').close()
  folder = await mkdtemp('/tmp/ct-')
})
afterAll(() => rm(folder, { recursive: true }))

const never = new AbortController().signal
const config = (given: object = {}, env = {}) => resolveDockerConfig(given, env)
const echo = { image: testImage, command: ['cat'], input: 'there and back', disableNet: true, pull: 'never' } as const

/** Runs `cat` behind the engine of this config and environment. */
async function roundTrip(given: object, env: Record<string, string>) {
  const engine = await createDockerEngine(config(given), env)
  try {
    const container = engine.container(resolveTask(echo))
    const { exit, stdout } = await live(container, echo.input)
    await container.remove()
    return [exit.exitCode, exit.outputTruncated, stdout]
  } finally {
    await engine.close()
  }
}

const whole = [0, false, 'there and back']

/** Forwards every connection to the engine's socket. */
async function listening(server: Server): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>()
  const relay = (client: Socket) => {
    const engine = netConnect({ path: engineSocket(), allowHalfOpen: true })
    sockets.add(client)
    client.pipe(engine).pipe(client)
    client.on('error', () => engine.destroy())
    engine.on('error', () => client.destroy())
    client.on('close', () => {
      engine.destroy()
      sockets.delete(client)
    })
  }
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', relay)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

describe('the address of the engine', () => {
  test('the environment does not override the config', async () => {
    const before = { ...process.env }
    Object.assign(process.env, {
      DOCKER_HOST: 'tcp://127.0.0.1:1',
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: '/no/such/folder',
      DOCKER_CLIENT_TIMEOUT: '1',
    })
    try {
      expect(await roundTrip({ docker: `unix://${engineSocket(before)}` }, {})).toEqual(whole)
    } finally {
      process.env = before
    }
  })

  test('a DOCKER_HOST that does not answer is not replaced by a default; the error lists it', async () => {
    const engine = createDockerEngine(config(), { DOCKER_HOST: 'unix:///no/such.sock' })
    await expect(engine).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_ENGINE_UNREACHABLE',
      message: expect.stringMatching(/unix:\/\/\/no\/such\.sock \(DOCKER_HOST\): no such socket/),
    })
  })

  test('plain TCP works', async () => {
    await using server = await listening(createServer({ allowHalfOpen: true }))
    expect(await roundTrip({}, { DOCKER_HOST: `tcp://127.0.0.1:${server.port}` })).toEqual(whole)
  })

  test('a server that is not an engine is ENGINE_PROTOCOL', async () => {
    const server = createServer(socket => socket.resume().end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    await expect(createDockerEngine(config({ docker: `tcp://127.0.0.1:${port}` }), {})).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_ENGINE_PROTOCOL',
    })
    server.close()
  })

  test('a probe reports each candidate', async () => {
    const probes = await probeEndpoints(config({ docker: `unix://${engineSocket()}` }), {})
    expect(probes).toMatchObject([{ ok: true, source: 'config docker', apiVersion: expect.stringMatching(/^1\./) }])
    expect(probes[0]?.info).toHaveProperty('ServerVersion')
    const [failed] = await probeEndpoints(config({ docker: 'unix:///no/such.sock' }), {})
    expect(failed).toMatchObject({ ok: false, error: { code: 'ERR_COOKIETIN_ENGINE_UNREACHABLE' } })
  })

  test('an engine older than serverVersion is rejected with both versions', async () => {
    const engine = createDockerEngine(config({ docker: `unix://${engineSocket()}`, serverVersion: '9999.0.0' }), {})
    await expect(engine).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_API_VERSION',
      message: expect.stringMatching(/version \d+\.\d+.*9999\.0\.0/),
    })
  })
})

describe('TLS', () => {
  test('works with the certificates of DOCKER_CERT_PATH', async () => {
    const certificates = join(folder, 'tls')
    await makeCertificates(certificates)
    const [ca, cert, key] = await Promise.all(
      ['ca', 'cert', 'key'].map(name => readFile(join(certificates, `${name}.pem`))),
    )
    const options = { ca, cert, key, requestCert: true, rejectUnauthorized: true, allowHalfOpen: true }
    await using server = await listening(createTlsServer(options as object))
    const env = {
      DOCKER_HOST: `tcp://127.0.0.1:${server.port}`,
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: certificates,
    }
    expect(await roundTrip({}, env)).toEqual(whole)
  })

  test('rejects a certificate of another authority', async () => {
    const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')]
    await Promise.all([makeCertificates(ours), makeCertificates(theirs)])
    const [cert, key] = await Promise.all(['cert', 'key'].map(name => readFile(join(theirs, `${name}.pem`))))
    await using server = await listening(createTlsServer({ cert, key } as object))
    const env = { DOCKER_HOST: `tcp://127.0.0.1:${server.port}`, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: ours }
    await expect(createDockerEngine(config(), env)).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_ENGINE_UNREACHABLE',
      message: expect.stringContaining('certificate'),
    })
  })
})

describe('ssh', () => {
  const tunnels = async () => (await readdir(tmpdir())).filter(name => name.startsWith('cookietin-'))

  test('uses one session for all calls, and ends it on close', async () => {
    const before = await tunnels()
    await using sshd = await startSshd()
    const env = { DOCKER_HOST: `ssh://${sshd.user}@127.0.0.1:${sshd.port}${engineSocket()}` }
    const engine = await createDockerEngine(config({ sshCommand: sshd.command }), env)
    const containers = [1, 2, 3, 4].map(() => engine.container(resolveTask(echo)))
    const lives = await Promise.all(containers.map(container => live(container, echo.input)))
    expect(lives.map(({ stdout }) => stdout)).toEqual(Array(4).fill('there and back'))
    expect(await sshd.sessions()).toBe(1)
    await Promise.all(containers.map(container => container.remove()))
    await engine.close()
    expect(await tunnels()).toEqual(before)
    await expect.poll(() => sshd.sessions()).toBe(0)
  })

  test('opens a broken tunnel again, and finds the exit', async () => {
    await using sshd = await startSshd()
    const env = { DOCKER_HOST: `ssh://${sshd.user}@127.0.0.1:${sshd.port}${engineSocket()}` }
    const engine = await createDockerEngine(config({ sshCommand: sshd.command }), env)
    const container = engine.container(resolveTask({ ...echo, command: ['sh', '-c', 'sleep 1; exit 7'] }))
    await container.prepare(never)
    await container.start(streamsOf(), noEvents)
    await sshd.killSessions()
    expect(await container.wait()).toMatchObject({ exitCode: 7, outputTruncated: true })
    await container.remove()
    await engine.close()
  })

  test("reports the server's own message when it refuses the login", async () => {
    await using sshd = await startSshd()
    const env = { DOCKER_HOST: `ssh://${sshd.user}@127.0.0.1:${sshd.port}` }
    const engine = createDockerEngine(config({ sshCommand: 'ssh' }), env)
    await expect(engine).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_ENGINE_UNREACHABLE',
      message: expect.stringMatching(/ssh tunnel to ssh:\/\/\S+@127\.0\.0\.1.*Its output: /s),
    })
  })
})
