import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { Redis } from 'ioredis'
import { expect, it, onTestFinished } from 'vitest'
import { type ClusterConnection, clusterStatus, createClusterDriver, startWorker } from '../../src/cluster/index.ts'
import { createExecutor, createProcessDriver } from '../../src/index.ts'
import { cli } from '../support/cli.ts'
import { startRedis } from '../support/redis/redis.ts'
import { startFunctionWorker } from './functions-setup.ts'
import { sh, until } from './setup.ts'

const page = readFileSync(new URL('../../docs/cluster.md', import.meta.url), 'utf8')

/** Runs what a cluster does: runs that wait, run, are cancelled, have priorities, read input; a worker that is closed. */
async function useCluster(submitter: ClusterConnection, worker: ClusterConnection) {
  await using driver = await createClusterDriver({ connection: submitter })
  await using urgent = await createClusterDriver({ connection: submitter, priority: 5 })
  await using local = await createProcessDriver()
  await using executor = createExecutor({ driver, concurrency: 8 })
  await using second = createExecutor({ driver: urgent, concurrency: 8 })
  for (const waiting of [executor.run(sh('true')), second.run(sh('true'))]) {
    await until(waiting, 'preparing')
    waiting.cancel()
    expect((await waiting).status).toBe('cancelled')
  }
  await using _worker = await startWorker({ connection: worker, driver: local, slots: 2 })
  const runs = Array.from({ length: 8 }, (_, at) =>
    (at % 2 ? executor : second).run(sh('cat', { input: `line ${at}` })),
  )
  expect((await Promise.all(runs)).map(({ stdout }) => stdout)).toEqual(runs.map((_, at) => `line ${at}`))
  expect(await clusterStatus({ connection: submitter })).toMatchObject({ waiting: 0, hosts: [{ slots: 2 }] })
  return await clusterStatus({ connection: worker })
}

it('the users of the page may do what a submitter and a worker do, and nothing else', async () => {
  await using redis = await startRedis()
  const admin = new Redis({ path: redis.path })
  onTestFinished(() => admin.disconnect())
  const lines = page.match(/^ACL SETUSER .*$/gm) ?? []
  expect(lines.map(line => line.split(' ')[2])).toEqual(['submitter', 'worker'])
  for (const line of lines) {
    const [command = '', ...args] = line.split(' ')
    expect(await admin.call(command, ...args)).toBe('OK')
  }
  const as = (username: string, password = 'PASSWORD') => ({ path: redis.path, username, password })
  const status = await useCluster(as('submitter'), as('worker'))
  const functions = await startFunctionWorker(as('worker'), (_, response) => void response.end('ok'))
  await using driver = await createClusterDriver({ connection: as('submitter') })
  await using executor = createExecutor({ driver })
  expect(await (await executor.function({ image: 'greet' }).invoke()).text()).toBe('ok')
  await functions.close()
  expect(status.redis).toMatchObject({ isPersistent: true, evictionPolicy: undefined, advice: [] })
  // CONFIG GET is the one command that was refused, to each.
  const refused = (await admin.call('ACL', 'LOG')) as unknown[]
  expect(refused.map(entry => (Array.isArray(entry) ? entry[7] : entry))).toEqual(['config|get', 'config|get'])

  for (const user of ['submitter', 'worker']) {
    const client = new Redis(as(user))
    onTestFinished(() => client.disconnect())
    await expect(client.get('other')).rejects.toThrow(/NOPERM/)
    await expect(client.publish('any', 'x')).rejects.toThrow(/NOPERM/)
    await expect(client.flushall()).rejects.toThrow(/NOPERM/)
    const elsewhere = createClusterDriver({ connection: as(user), queue: 'other' })
    await expect(elsewhere).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CLUSTER_FAILED' })
    await expect(elsewhere).rejects.toThrow(/Redis refuses what a cluster needs: NOPERM/)
  }
  await using local = await createProcessDriver()
  await expect(startWorker({ connection: as('worker'), driver: local, queue: 'other' })).rejects.toThrow(/NOPERM/)
  const denied = clusterStatus({ connection: as('submitter', 'bad') })
  await expect(denied).rejects.toThrow(/Redis: WRONGPASS .*\w\. Is it/)
  await expect(denied).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CLUSTER_FAILED', retryable: false })
})

it('rediss:// verifies Redis by an authority of its own', async () => {
  const folder = await mkdtemp('/tmp/ct-tls-')
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  openssl('req', '-x509', ...key, '-subj', '/CN=Test CA', '-keyout', 'ca.key', '-out', 'ca.pem')
  const name = ['-subj', '/CN=queue', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  openssl(
    'req',
    '-x509',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    ...key,
    ...name,
    '-keyout',
    'key.pem',
    '-out',
    'cert.pem',
  )
  const port = await freePort()
  const tls = [
    '--tls-cert-file',
    `${folder}/cert.pem`,
    '--tls-key-file',
    `${folder}/key.pem`,
    '--tls-auth-clients',
    'no',
  ]
  await using _redis = await startRedis('--tls-port', String(port), '--bind', '127.0.0.1', ...tls)
  const url = `rediss://localhost:${port}`

  const connection = { host: '127.0.0.1', port, tls: { ca: readFileSync(`${folder}/ca.pem`) } }
  expect((await useCluster(connection, connection)).queue).toBe('cookietin')
  await expect(clusterStatus({ connection: url })).rejects.toThrow(/Cannot connect to Redis: unable to verify/)
  const status = ['cluster', 'status', '--connection', url]
  const known = await cli(status, { env: { NODE_EXTRA_CA_CERTS: `${folder}/ca.pem` } })
  expect([known.code, known.stdout]).toEqual([0, expect.stringContaining('queue cookietin: 0 waiting')])
})

/** A port that nobody listens at. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
