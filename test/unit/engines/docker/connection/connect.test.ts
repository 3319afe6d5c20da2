import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { resolveDockerConfig } from '../../../../../src/engines/docker/config/config.ts'
import { connect } from '../../../../../src/engines/docker/connection/connect.ts'
import { createDockerEngine } from '../../../../../src/engines/docker/engine.ts'
import { startFakeEngine } from '../../../../support/engine/fake.ts'

/** The API version in use with an engine that reports these versions. */
async function spoken(said: object, env: Record<string, string> = {}) {
  await using fake = await startFakeEngine(() => ({}), said)
  const connection = await connect(resolveDockerConfig({ docker: fake.address }, {}), env)
  await connection.close()
  return connection.apiVersion
}

describe('API version', () => {
  test.for([
    ['an engine as old as can be', '1.41', '1.12', '1.41'],
    ['one in between', '1.44', '1.24', '1.44'],
    ['one that is newer than cookietin', '1.99', '1.44', '1.51'],
  ])('%s', async ([, ApiVersion, MinAPIVersion, expected]) => {
    expect(await spoken({ Version: '1.2.3', ApiVersion, MinAPIVersion })).toBe(expected)
  })

  test.for([
    ['too old', { Version: '19.03.1', ApiVersion: '1.40', MinAPIVersion: '1.12' }, /19\.03\.1.*1\.12 to 1\.40.*1\.41/],
    ['too new', { Version: '99.1', ApiVersion: '1.99', MinAPIVersion: '1.60' }, /99\.1.*1\.60 to 1\.99.*1\.51/],
  ] as const)('of an engine that is %s: refused, both sides named', async ([, said, message]) => {
    await expect(spoken(said)).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_API_VERSION',
      message: expect.stringMatching(message),
    })
  })

  test('DOCKER_API_VERSION overrides the negotiated version', async () => {
    const said = { Version: '1', ApiVersion: '1.50', MinAPIVersion: '1.24' }
    expect(await spoken(said, { DOCKER_API_VERSION: '1.43' })).toBe('1.43')
    expect(await spoken(said, { DOCKER_API_VERSION: ' v1.43\n' })).toBe('1.43')
    expect(await spoken(said, { DOCKER_API_VERSION: '' })).toBe('1.50')
  })

  test.for(['1.12', '1.24', '1.25', '1.29', '1.30', '1.40', '1.51', '2.0'])(
    'DOCKER_API_VERSION=%s, which one of both does not speak, is refused',
    async wanted => {
      const said = { Version: '1', ApiVersion: '1.50', MinAPIVersion: '1.12' }
      await expect(spoken(said, { DOCKER_API_VERSION: wanted })).rejects.toMatchObject({
        code: 'ERR_COOKIETIN_API_VERSION',
        message: expect.stringContaining('from 1.41 to 1.50'),
      })
    },
  )

  test('DOCKER_API_VERSION does not make an engine that is too old acceptable', async () => {
    const said = { Version: '19.03.1', ApiVersion: '1.40', MinAPIVersion: '1.12' }
    await expect(spoken(said, { DOCKER_API_VERSION: '1.41' })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_API_VERSION',
    })
  })

  test.for(['latest', '1', '1.41.2', '1,41'])('DOCKER_API_VERSION=%s is refused', async wanted => {
    await expect(
      spoken({ Version: '1', ApiVersion: '1.50', MinAPIVersion: '1.12' }, { DOCKER_API_VERSION: wanted }),
    ).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_CONFIG', issues: [{ field: 'DOCKER_API_VERSION' }] })
  })
})

test.for([1, 2])('a reply to the first call that is cut %i times', async cuts => {
  let left: number = cuts
  const version = { Version: '25.0.1', ApiVersion: '1.44', MinAPIVersion: '1.24' }
  await using fake = await startFakeEngine(
    () => ({}),
    response => {
      if (left-- <= 0) return void response.end(JSON.stringify(version))
      response.writeHead(200, { 'Content-Length': '100' })
      response.write('{')
      setImmediate(() => response.destroy())
    },
  )
  const connected = connect(resolveDockerConfig({ docker: fake.address }, {}), {})
  if (cuts === 1) await (await connected).close()
  else await expect(connected).rejects.toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_UNREACHABLE', retryable: true })
})

test("a prefork pool's own image is rejected on an architecture without a program; another image is not", async () => {
  const version = { Version: '25.0.1', ApiVersion: '1.44', MinAPIVersion: '1.24', Arch: 's390x' }
  await using fake = await startFakeEngine(() => [500, 'not today'], version)
  const config = { docker: fake.address, preForkPoolSize: 1 }
  await expect(createDockerEngine(resolveDockerConfig(config, {}), {})).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_INVALID_CONFIG',
    issues: [{ field: 'preForkImage', allowed: expect.stringContaining('s390x') }],
  })
  const engine = await createDockerEngine(resolveDockerConfig({ ...config, preForkImage: 'busybox' }, {}), {})
  await engine.close()
})

test('loading a file of images that the engine does not read is aborted in time, and the file is closed', async () => {
  const folder = await mkdtemp('/tmp/ct-')
  const path = join(folder, 'images.tar')
  await writeFile(path, Buffer.alloc(4_000_000))
  const opened = async () => {
    const fds = await readdir('/proc/self/fd')
    return (await Promise.all(fds.map(fd => readlink(`/proc/self/fd/${fd}`).catch(() => '')))).filter(at => at === path)
  }
  let hang: (response: ServerResponse) => void = () => {}
  await using fake = await startFakeEngine(({ url }) => (url.startsWith('/images/load') ? hang : {}))
  const load = (pullTimeout: number) =>
    createDockerEngine(resolveDockerConfig({ docker: fake.address, dockerLoadFile: path, pullTimeout }, {}), {})
  await expect(load(100)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_TIMEOUT' })
  // The headers arrive, but the body never ends.
  hang = response => response.flushHeaders()
  await expect(load(100)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_TIMEOUT' })
  await expect.poll(opened).toEqual([])
  await rm(folder, { recursive: true })
})

test('a missing file of images is rejected', async () => {
  await using fake = await startFakeEngine(() => ({}))
  const config = resolveDockerConfig({ docker: fake.address, dockerLoadFile: '/no/such.tar' }, {})
  await expect(createDockerEngine(config, {})).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_INVALID_CONFIG',
    message: expect.stringContaining('/no/such.tar'),
  })
})
