import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { endpoints } from '../../../../../src/engines/docker/connection/endpoint.ts'

let home: string
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'ct-'))
  context('remote', { docker: { Host: 'ssh://me@far.example' } })
  context('secure', { docker: { Host: 'tcp://far.example:2376', SkipTLSVerify: false } }, [
    'ca.pem',
    'cert.pem',
    'key.pem',
  ])
})
afterAll(() => rmSync(home, { recursive: true }))

function context(name: string, Endpoints: object, certificates: string[] = []) {
  const hash = createHash('sha256').update(name).digest('hex')
  mkdirSync(join(home, '.docker/contexts/meta', hash), { recursive: true })
  writeFileSync(join(home, '.docker/contexts/meta', hash, 'meta.json'), JSON.stringify({ Name: name, Endpoints }))
  for (const file of certificates) {
    const folder = join(home, '.docker/contexts/tls', hash, 'docker')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, file), file)
  }
}

const urls = (docker: string | undefined, env: Record<string, string> = {}) =>
  endpoints(docker, { HOME: home, ...env }).map(({ url, source }) => `${url} by ${source}`)

describe('endpoints', () => {
  test('a named address is the only candidate', () => {
    const env = { DOCKER_HOST: 'tcp://h:1', DOCKER_CONTEXT: 'remote' }
    expect(urls('unix:///run/mine.sock', env)).toEqual(['unix:///run/mine.sock by config docker'])
    expect(urls(undefined, env)).toEqual(['tcp://h:1 by DOCKER_HOST'])
    expect(urls(undefined, { DOCKER_CONTEXT: 'remote' })).toEqual([
      "ssh://me@far.example by context 'remote' (DOCKER_CONTEXT)",
    ])
  })

  test('without a named address: the default sockets, in order', () => {
    expect(urls(undefined, { XDG_RUNTIME_DIR: '/run/user/7' }).map(line => line.split(' ')[0])).toEqual([
      'unix:///var/run/docker.sock',
      'unix:///run/user/7/docker.sock',
      `unix://${home}/.docker/run/docker.sock`,
      'unix:///run/user/7/podman/podman.sock',
      'unix:///run/podman/podman.sock',
    ])
  })

  test('the current context of the config file is used, unless DOCKER_CONTEXT is default', () => {
    const config = mkdtempSync(join(tmpdir(), 'ct-'))
    writeFileSync(join(config, 'config.json'), JSON.stringify({ currentContext: 'gone' }))
    expect(() => urls(undefined, { DOCKER_CONFIG: config })).toThrow(/'gone' is not allowed.*docker context ls/)
    expect(urls(undefined, { DOCKER_CONFIG: config, DOCKER_CONTEXT: 'default' })).toHaveLength(3)
    rmSync(config, { recursive: true })
  })

  test('a context has its own certificates', () => {
    const [endpoint] = endpoints(undefined, { HOME: home, DOCKER_CONTEXT: 'secure' })
    expect(endpoint?.url).toBe('https://far.example:2376')
    expect(endpoint?.at).toMatchObject({
      tls: { verify: true, ca: Buffer.from('ca.pem'), key: Buffer.from('key.pem') },
    })
  })

  test.for([
    ['/run/x.sock', 'unix:///run/x.sock'],
    ['unix://', 'unix:///var/run/docker.sock'],
    ['h:2375', 'tcp://h:2375'],
    ['tcp://h', 'tcp://h:2375'],
    ['tcp://h:80', 'tcp://h:80'],
    ['http://h:1234/prefix', 'tcp://h:1234/prefix'],
    ['https://h', 'https://h:2376'],
    ['tcp://[::1]:2375', 'tcp://[::1]:2375'],
    ['ssh://me@h:22/run/d.sock', 'ssh://me@h:22/run/d.sock'],
    ['ssh://h', 'ssh://h'],
    ['unix:/run/x.sock', 'unix:///run/x.sock'],
    ['UNIX:///run/x.sock', 'unix:///run/x.sock'],
    ['http+unix:///run/x.sock', 'unix:///run/x.sock'],
    ['http+unix://%2Frun%2Fx.sock', 'unix:///run/x.sock'],
    [' unix:///run/x.sock\n', 'unix:///run/x.sock'],
    ['TCP://h:2375 ', 'tcp://h:2375'],
    ['tcp://:2375', 'tcp://localhost:2375'],
    [':2375', 'tcp://localhost:2375'],
  ])('%s is %s', ([given = '', url = '']) => {
    expect(urls(given)).toEqual([`${url} by config docker`])
  })

  test.for([
    ['nothing', undefined, false],
    ['an empty file', '', false],
    ['a newline', '\n', false],
    ['null', 'null', false],
    ['a context that is null', '{"currentContext":null}', false],
    ['a trailing comma', '{"currentContext":"production",}', true],
    ['a byte order mark', '\ufeff{"currentContext":"production"}', true],
    ['UTF-16', Buffer.from('\ufeff{"currentContext":"production"}', 'utf16le'), true],
    ['an array', '[]', true],
    ['a context of a wrong type', '{"currentContext":5}', true],
  ] as const)('a config file with %s is taken as by the docker CLI, with a warning: %s', ([, text, warns]) => {
    const config = mkdtempSync(join(tmpdir(), 'ct-'))
    if (text !== undefined) writeFileSync(join(config, 'config.json'), text)
    const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    expect(urls(undefined, { DOCKER_CONFIG: config })).toHaveLength(3)
    expect(emitted.mock.calls.map(([warning]) => String(warning).includes(join(config, 'config.json')))).toEqual(
      warns ? [true] : [],
    )
    emitted.mockRestore()
    rmSync(config, { recursive: true })
  })

  test.for([
    ['{', /whose file can be read \(.*meta.json: it is not a JSON object\)/],
    ['[]', /whose file can be read/],
    ['{"Endpoints":[]}', /meta.json: its Endpoints are not an object/],
    ['{"Endpoints":{"docker":"tcp://h"}}', /meta.json: its Endpoints.docker is not an object/],
    ['{"Endpoints":{"docker":{"Host":5}}}', /meta.json: its Endpoints.docker.Host is not a text/],
    [
      '{"Endpoints":{"docker":{"Host":"tcp://h","SkipTLSVerify":1}}}',
      /meta.json: .*SkipTLSVerify is not true or false/,
    ],
  ] as const)('a context whose file holds %s is refused, with the file', ([text, message]) => {
    const hash = createHash('sha256').update('broken').digest('hex')
    mkdirSync(join(home, '.docker/contexts/meta', hash), { recursive: true })
    writeFileSync(join(home, '.docker/contexts/meta', hash, 'meta.json'), text)
    expect(() => urls(undefined, { DOCKER_CONTEXT: 'broken' })).toThrow(message)
  })

  test.for(['ca.pem', 'cert.pem', 'key.pem'])('a %s that cannot be read is refused, with its path', name => {
    const folder = mkdtempSync(join(home, 'certificates-'))
    mkdirSync(join(folder, name))
    const config = {
      code: 'ERR_COOKIETIN_INVALID_CONFIG',
      message: expect.stringContaining(`${join(folder, name)}: EISDIR`),
    }
    expect(() => urls('tcp://h', { DOCKER_CERT_PATH: folder })).toThrow(expect.objectContaining(config))
    expect(() => urls('tcp://h', { DOCKER_CERT_PATH: folder })).toThrow(/^Invalid config: DOCKER_CERT_PATH: /)
    expect(() => urls('tcp://h', { DOCKER_CERT_PATH: join(folder, 'none') })).not.toThrow()
  })

  test('a certificate of a context that cannot be read is refused, with its path', () => {
    context('uncertified', { docker: { Host: 'tcp://far.example:2376' } })
    const hash = createHash('sha256').update('uncertified').digest('hex')
    const path = join(home, '.docker/contexts/tls', hash, 'docker/key.pem')
    mkdirSync(path, { recursive: true })
    const config = { code: 'ERR_COOKIETIN_INVALID_CONFIG', message: expect.stringContaining(`${path}: EISDIR`) }
    expect(() => urls(undefined, { DOCKER_CONTEXT: 'uncertified' })).toThrow(expect.objectContaining(config))
  })

  test.for([{}, { docker: null }, { docker: { Host: null } }])(
    'a context without a host is the default one: %j',
    at => {
      context('hostless', at)
      expect(urls(undefined, { DOCKER_CONTEXT: 'hostless' })).toHaveLength(3)
    },
  )

  test('TLS follows the variables of the docker CLI and is always verified', () => {
    const [endpoint] = endpoints('tcp://h', { HOME: home, DOCKER_TLS_VERIFY: '1' })
    expect(endpoint).toMatchObject({ url: 'https://h:2376', at: { tls: { verify: true } } })
  })

  test.for([
    'ftp://h',
    'tcp://',
    'ssh://-oProxyCommand=x',
    'ssh://-l@h',
    'ssh://me:hunter2@h',
    'tcp://a b',
    'ssh://%zz@h',
    `unix:///${'x'.repeat(107)}`,
  ])('%s is rejected', address => {
    expect(() => urls(address)).toThrow(/^Invalid config: docker: /)
    expect(() => urls(address)).not.toThrow(/hunter2/)
  })

  test.for([
    ['tcp://u:hun/ter2@h:1', 'tcp://u:•••@h:1'],
    ['tcp://u:hun/ter2@h x', 'tcp://u:•••@h x'],
    ['u:hunter2@h x', 'u:•••@h x'],
    ['ssh://u:hun@ter2@h', 'ssh://u:•••@h'],
    ['ssh://u@v:hun@ter2@h', 'ssh://u@v:•••@h'],
    ['ftp://u:hun:ter2@h', 'ftp://u:•••@h'],
    ['://u:hun\nter2@h', ':•••@h'],
  ])('%j is rejected as %j', ([address = '', shown = '']) => {
    expect(() => urls(address)).toThrow(`'${shown}' is not allowed`)
    expect(() => urls(address)).not.toThrow(/hun|ter2/)
  })
})
