import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Registries } from '../../../../../src/engines/docker/config/registries.ts'
import { Credentials } from '../../../../../src/engines/docker/image/credentials/credentials.ts'
import type { CookietinError } from '../../../../../src/errors.ts'
import { readVectors } from '../../../../support/vectors.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp('/tmp/ct-')
})
afterAll(() => rm(folder, { recursive: true }))

const encode = (text: string) => Buffer.from(text).toString('base64')

/** Looks up a registry in an environment with this Docker config. */
async function find(registry: string, config: unknown, env: Record<string, string> = {}, deadline = 5_000) {
  const text = typeof config === 'string' ? config : JSON.stringify(config)
  const credentials = new Credentials(
    new Registries(),
    { DOCKER_AUTH_CONFIG: text, DOCKER_CONFIG: folder, ...env },
    deadline,
  )
  return await credentials.find(registry, 'pull image x', new AbortController().signal)
}

/** Installs a credential helper with this name and script. */
async function helper(name: string, script: string) {
  const path = join(folder, `docker-credential-${name}`)
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return { PATH: `${folder}:${process.env.PATH}` }
}

const vectors = readVectors<{ dockerConfig: string; find: Record<string, string>[] }>('registry-auth.json')

describe("Fn's look-up vectors", () => {
  // Fn offers a host's credentials to its parent domains, too. Those rows must find nothing here.
  const leaks = ['registry.com', 'registry.com:5000', 'co.uk', 'example.co.uk']

  test.each(vectors.find.map(row => [row.registry, row] as const))('%j', async (registry = '', row) => {
    const { username, password } = row
    const found = await find(registry, vectors.dockerConfig)
    if (leaks.includes(registry) || username === '') expect(found).toBeUndefined()
    else expect(found).toMatchObject({ username, password })
  })
})

describe("Docker's config", () => {
  const auths = { 'r.example': { auth: encode('me:pa:ss') }, 'https://index.docker.io/v1/': { auth: encode('hub:p') } }

  test('is looked up by host, with any scheme and path in its key', async () => {
    expect(await find('r.example', { auths })).toEqual({
      username: 'me',
      password: 'pa:ss',
      serverAddress: 'r.example',
    })
    for (const registry of ['', 'docker.io', 'index.docker.io']) {
      expect(await find(registry, { auths })).toMatchObject({ username: 'hub' })
    }
    for (const registry of ['example', 'x.r.example', 'r.example:5000', 'hub.docker.com']) {
      expect(await find(registry, { auths })).toBeUndefined()
    }
  })

  test('accepts tokens, and user and password in plain fields', async () => {
    expect(await find('r', { auths: { r: { identitytoken: 't' } } })).toEqual({
      identityToken: 't',
      serverAddress: 'r',
    })
    expect(await find('r', { auths: { r: { username: 'u', password: 'p' } } })).toMatchObject({
      username: 'u',
      password: 'p',
    })
    // Docker writes an empty entry when a helper has the credentials.
    expect(await find('r', { auths: { r: {} } })).toBeUndefined()
  })

  test('is read from the variable first, then from the file', async () => {
    await writeFile(
      join(folder, 'config.json'),
      JSON.stringify({ auths: { r: { auth: encode('file:p') }, s: { auth: encode('s:p') } } }),
    )
    expect(await find('r', { auths: { r: { auth: encode('variable:p') } } })).toMatchObject({ username: 'variable' })
    expect(await find('s', { auths: {} })).toMatchObject({ username: 's' })
    expect(await find('s', '', { DOCKER_CONFIG: '/nowhere' })).toBeUndefined()
  })

  test.for<[text: string | Buffer, warns: boolean]>([
    ['', false],
    ['\n', false],
    ['null', false],
    ['{"auths":null,"credHelpers":null,"credsStore":null}', false],
    ['{"auths":{"r":null}}', false],
    ['{"auths":{"r":{"auth":null,"email":null}}}', false],
    ['{"auths":{"r":{}},', true],
    ['\ufeff{}', true],
    ['[]', true],
    ['"x"', true],
    ['{"auths":[]}', true],
    ['{"auths":"x"}', true],
    ['{"credHelpers":7}', true],
    ['{"credsStore":["x"]}', true],
    ['{"auths":{"r":"x"}}', true],
    ['{"auths":{"r":{"auth":7}}}', true],
    ['{"auths":{"r":{"auth":"bm9jb2xvbg=="}}}', true],
    ['{"credHelpers":{"r":7}}', true],
  ])('in a file with %j has no credentials, as with docker run; it warns: %s', async ([text, warns]) => {
    const own = await mkdtemp('/tmp/ct-')
    await writeFile(join(own, 'config.json'), text)
    const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    expect(await find('r', '', { DOCKER_CONFIG: own })).toBeUndefined()
    expect(emitted.mock.calls.map(([warning]) => String(warning).includes(own))).toEqual(warns ? [true] : [])
    emitted.mockRestore()
    await rm(own, { recursive: true })
  })

  test('that is not JSON is an error without its contents', async () => {
    const error = (await find('r', '{"canary').catch((error: unknown) => error)) as CookietinError
    expect(error).toMatchObject({
      code: 'ERR_COOKIETIN_IMAGE_AUTH',
      message: expect.stringContaining('DOCKER_AUTH_CONFIG'),
    })
    expect(`${error.message}${error.cause}`).not.toContain('canary')
  })
})

describe('a credential helper', () => {
  const answer = (user: string) =>
    `read server; printf '{"ServerURL":"%s","Username":"${user}","Secret":"%s"}' "$server" "pw for $server"`

  test('of the host is preferred to the store, and the store to the config itself', async () => {
    const env = { ...(await helper('own', answer('own'))), ...(await helper('store', answer('store'))) }
    const config = { auths: { r: { auth: encode('config:p') } }, credsStore: 'store' }
    expect(await find('r', { ...config, credHelpers: { r: 'own' } }, env)).toMatchObject({
      username: 'own',
      password: 'pw for r',
    })
    expect(await find('r', { ...config, credHelpers: { other: 'own' } }, env)).toMatchObject({ username: 'store' })
    expect(await find('', config, env)).toMatchObject({ password: 'pw for https://index.docker.io/v1/' })
  })

  test('may return a token, or no credentials', async () => {
    const env = {
      ...(await helper('token', answer('<token>'))),
      ...(await helper('none', 'echo credentials not found in native keychain; exit 1')),
    }
    expect(await find('r', { credsStore: 'token' }, env)).toEqual({ identityToken: 'pw for r', serverAddress: 'r' })
    expect(await find('r', { credsStore: 'none' }, env)).toBeUndefined()
    expect(await find('r', { credsStore: 'none', auths: { r: { auth: encode('config:p') } } }, env)).toMatchObject({
      username: 'config',
    })
  })

  test.each([
    ['fails', 'echo canary; exit 1', 'failed'],
    ['hangs', 'exec sleep 60', 'did not answer within 300 ms'],
    ['babbles', 'echo canary', 'returned no readable credentials'],
  ])('that %s is an error without its output', async (name, script, what) => {
    const error = (await find('r', { credsStore: name }, await helper(name, script), 300).catch(
      (error: unknown) => error,
    )) as CookietinError
    expect(error).toMatchObject({ code: 'ERR_COOKIETIN_IMAGE_AUTH' })
    expect(error.message).toContain(`docker-credential-${name}, which Docker's config names, ${what}`)
    expect(error.message).not.toContain('canary')
  })

  test('that is not installed or has an invalid name is an error', async () => {
    await expect(find('r', { credsStore: 'absent' })).rejects.toThrow('is not installed')
    await expect(find('r', { credsStore: '../../bin/sh' })).rejects.toThrow('is not a valid program name')
  })

  test('is run once for all callers at the same time', async () => {
    const env = await helper('slow', `echo x >> ${folder}/count; ${answer('slow')}`)
    const credentials = new Credentials(
      new Registries(),
      { DOCKER_CONFIG: '/nowhere', DOCKER_AUTH_CONFIG: '{"credsStore":"slow"}', ...env },
      5_000,
    )
    const { signal } = new AbortController()
    const found = await Promise.all(Array.from({ length: 5 }, () => credentials.find('r', 'pull', signal)))
    expect(found.map(auth => auth?.username)).toEqual(Array(5).fill('slow'))
    expect(await readFile(join(folder, 'count'), 'utf8')).toBe('x\n')
  })
})
