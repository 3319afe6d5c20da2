import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { resolveDockerConfig } from '../../../../../src/engines/docker/config/config.ts'
import type { DockerConfig, FnConfig } from '../../../../../src/engines/docker/config/docker-config.ts'
import { Registries } from '../../../../../src/engines/docker/config/registries.ts'
import { InvalidInputError } from '../../../../../src/errors.ts'

function issuesOf(given: unknown, env: Record<string, string> = {}) {
  try {
    resolveDockerConfig(given as DockerConfig, env)
    return []
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    expect(error.code).toBe('ERR_COOKIETIN_INVALID_CONFIG')
    return error.issues
  }
}

describe('resolveDockerConfig', () => {
  it('has a default for every field', () => {
    expect(resolveDockerConfig({}, {})).toEqual({
      docker: undefined,
      dockerNetworks: [],
      dockerLoadFile: undefined,
      serverVersion: undefined,
      preForkPoolSize: 0,
      preForkImage: 'cookietin/pause:1',
      preForkCmd: [],
      preForkUseOnce: true,
      spares: [],
      launcherInit: false,
      preForkMaxUses: 0,
      preForkRest: 0,
      preForkNetworks: [],
      maxTmpfsInodes: 0,
      enableReadonlyRootfs: false,
      enableTini: true,
      pids: 256,
      allowDangerousMounts: false,
      allow: [],
      requireDigest: false,
      runtime: undefined,
      runtimes: [],
      networks: [],
      gpus: 0,
      engineTimeout: 15_000,
      startTimeout: 60_000,
      pullTimeout: 600_000,
      pullIdleTimeout: 60_000,
      pullRetries: 3,
      pullRetryDelay: 1_000,
      pullRetryMaxDelay: 30_000,
      registries: new Registries(),
      imageCacheMaxSize: 0,
      imageCacheExemptTags: [],
      reconnectTimeout: 30_000,
      outputTimeout: 2000,
      freezeAllowance: 3_600_000,
      sampler: 'engine',
      sampleInterval: 100,
      freezer: 'auto',
      sshCommand: 'ssh',
    })
  })

  const fnConfig: FnConfig = {
    docker: 'unix:///x.sock',
    docker_networks: 'a b',
    docker_load_file: '/images.tar',
    server_version: '20.10.0',
    pre_fork_pool_size: 3,
    pre_fork_image: 'alpine',
    pre_fork_cmd: 'sleep 9',
    pre_fork_use_once: 0,
    pre_fork_networks: 'c',
    max_tmpfs_inodes: 1024,
    enable_readonly_rootfs: true,
    enable_tini: false,
  }
  const resolved = {
    docker: 'unix:///x.sock',
    dockerNetworks: ['a', 'b'],
    dockerLoadFile: '/images.tar',
    serverVersion: '20.10.0',
    preForkPoolSize: 3,
    preForkImage: 'alpine',
    preForkCmd: ['sleep', '9'],
    preForkUseOnce: false,
    preForkNetworks: ['c'],
    maxTmpfsInodes: 1024,
    enableReadonlyRootfs: true,
    enableTini: false,
  }

  it("accepts every key of Fn's config, from JSON and from the environment", () => {
    expect(resolveDockerConfig(fnConfig, {})).toMatchObject(resolved)
    const env = Object.entries(fnConfig).map(([key, value]) => [`COOKIETIN_${key.toUpperCase()}`, String(value)])
    expect(resolveDockerConfig({}, Object.fromEntries(env))).toMatchObject(resolved)
  })

  it('accepts the keys of later versions of Fn', () => {
    const later = { image_clean_max_size: '1k', image_clean_exempt_tags: 'a:1 b:2' } as DockerConfig
    const read = { imageCacheMaxSize: 1024, imageCacheExemptTags: ['a:1', 'b:2'] }
    expect(resolveDockerConfig(later, {})).toMatchObject(read)
    expect(resolveDockerConfig({}, { COOKIETIN_IMAGE_CLEAN_MAX_SIZE: '1024' })).toMatchObject({
      imageCacheMaxSize: 1024,
    })
    expect(issuesOf({ imageCacheMaxSize: 1, image_clean_max_size: 1 })).toHaveLength(1)
  })

  it.each(['latest', 'x', '', '20.', '20.10.x', '.5', 'v', '20 10'])('refuses %j as serverVersion', version => {
    const issues = [{ field: 'serverVersion', value: `'${version}'`, allowed: "a version such as '20.10.0'" }]
    expect(issuesOf({ serverVersion: version })).toEqual(version === '' ? [] : issues)
  })

  it.each(['25', 'v25', '20.10.0', '20.10.24+dfsg1', '24.0.9-rc.1', '26.1.3-1~deb12'])('takes %s', version => {
    expect(resolveDockerConfig({ serverVersion: version }, {}).serverVersion).toBe(version)
  })

  it('refuses to exempt from the cache what can be no image of it', () => {
    const digest = `sha256:${'a'.repeat(64)}`
    const field = 'imageCacheExemptTags'
    expect(issuesOf({ imageCacheExemptTags: `MyApp b:a:d good x:1 x@${digest} ${digest}` })).toMatchObject([
      { field, value: "'MyApp'", allowed: expect.stringContaining('lower case: myapp') },
      { field, value: "'b:a:d'" },
      ...[`x@${digest}`, digest].map(value => ({
        field,
        value: `'${value}'`,
        allowed: expect.stringContaining('tag'),
      })),
    ])
  })

  it('bounds and escapes what it shows of a network', () => {
    const [issue] = issuesOf({ networks: [`\x1b[31m${'a:'.repeat(1_000_000)}`] })
    expect(issue?.value).toMatch(/^'\\u001b\[31m[a:]{1,200}…'$/)
  })

  it('never prints credentials', () => {
    const registries = { 'https://ghcr.io/v2/': { username: 'me', password: 'canary-1' } }
    const config = resolveDockerConfig({ registries }, {})
    expect(config.registries.find('ghcr.io')).toMatchObject({ username: 'me', password: 'canary-1' })
    expect(config.registries.hosts).toEqual(['ghcr.io'])
    expect(inspect(config, { depth: 9, showHidden: true }) + JSON.stringify(config)).not.toContain('canary')
    const env = { COOKIETIN_REGISTRIES: JSON.stringify(registries) }
    expect(resolveDockerConfig({}, env).registries.find('ghcr.io')).toMatchObject({ password: 'canary-1' })
    for (const bad of ['{"canary', { 'ghcr.io': 'canary' }, { 'ghcr.io': { pasword: 'canary' } }, 'canary']) {
      expect(issuesOf({ registries: bad })).toMatchObject([{ field: 'registries' }])
      expect(JSON.stringify(issuesOf({ registries: bad }))).not.toContain('canary')
    }
  })

  it('accepts its own result', () => {
    const config = resolveDockerConfig(fnConfig, {})
    expect(resolveDockerConfig(config, {})).toEqual(config)
    expect(Object.isFrozen(config) && Object.isFrozen(config.dockerNetworks)).toBe(true)
  })

  it('prefers given values to the environment and ignores empty strings', () => {
    const env = {
      COOKIETIN_DOCKER_NETWORKS: 'e',
      COOKIETIN_PIDS: '',
      COOKIETIN_ENABLE_TINI: '0',
      COOKIETIN_INSTANCE: 'x',
    }
    expect(resolveDockerConfig({ dockerNetworks: ['g'] }, env)).toMatchObject({
      dockerNetworks: ['g'],
      pids: 256,
      enableTini: false,
    })
    expect(resolveDockerConfig({ dockerNetworks: undefined, enableTini: true }, env)).toMatchObject({
      dockerNetworks: ['e'],
      enableTini: true,
    })
    expect(resolveDockerConfig({ dockerNetworks: '', docker: '' }, env)).toMatchObject({
      dockerNetworks: ['e'],
      docker: undefined,
    })
    expect(resolveDockerConfig({ dockerNetworks: [] }, env).dockerNetworks).toEqual([])
  })

  it('names the environment variable of an invalid value', () => {
    expect(() => resolveDockerConfig({}, { COOKIETIN_PULL_TIMEOUT: '5s' })).toThrow(
      "Invalid config: COOKIETIN_PULL_TIMEOUT: '5s' is not allowed, it must be a whole number of milliseconds from 1 to 2147483647",
    )
    expect(() => resolveDockerConfig({ pull_timeout: 0 } as DockerConfig, {})).toThrow('pull_timeout: 0 is not allowed')
  })

  it.each([
    ['docker', [7, 'a\nb']],
    ['dockerNetworks', [7, [7], { a: 1 }, 'web host', 'container:abc', 'ns:/run/x', 'slirp4netns:x', 'HOST:']],
    ['preForkNetworks', ['host', 'none container:abc']],
    ['preForkPoolSize', [-1, 1.5, '1e3', Number.NaN, true]],
    ['enableTini', ['yes', -1, null]],
    ['pids', [-1, 0.5]],
    ['sampler', ['Engine', 1, null]],
    ['allow', ['everything', 7, ['swap', 'x']]],
    ['imageCacheMaxSize', ['much', -1]],
    ['sampleInterval', [0, 49, '20Hz']],
    ['freezer', ['kernel', 1, null]],
    ['engineTimeout', [0, -1, Number.POSITIVE_INFINITY, 2 ** 31, '15s']],
  ] as [string, unknown[]][])('refuses a wrong %s', (key, values) => {
    for (const value of values) expect(issuesOf({ [key]: value }), String(value)).toMatchObject([{ field: key }])
  })

  it('rejects unknown keys, and one key in two spellings', () => {
    expect(issuesOf({ dockerNetwork: 'a' })).toMatchObject([
      { field: 'dockerNetwork', allowed: 'given as dockerNetworks' },
    ])
    expect(issuesOf({ socketPath: '/x' })).toMatchObject([{ field: 'socketPath' }])
    expect(issuesOf({ docker_networks: 'a', dockerNetworks: 'b' })).toMatchObject([{ field: 'dockerNetworks' }])
    expect(issuesOf('docker')).toMatchObject([{ field: 'config' }])
    expect(issuesOf({ pids: -1 }, { COOKIETIN_ENGINE_TIMEOUT: 'x' })).toHaveLength(2)
  })
})

describe('spares', () => {
  const spare = { image: 'busybox', size: 2 }
  const read = (spares: unknown, rest: object = {}) => resolveDockerConfig({ spares, ...rest } as DockerConfig, {})

  it('may be given as an array, or as JSON', () => {
    expect(read([spare]).spares).toEqual([spare])
    expect(resolveDockerConfig({}, { COOKIETIN_SPARES: JSON.stringify([spare]) }).spares).toEqual([spare])
  })

  it.each([
    ['not JSON', /spares/],
    [[1], /spares/],
    [[{ ...spare, size: 0 }], /spares\[0\]\.size: 0 is not allowed, it must be/],
    [[spare, { ...spare, size: 257 }], /spares\[1\]\.size/],
    [[{ size: 1 }], /spares\[0\]\.image/],
    [[{ ...spare, memory: 'much' }], /spares\[0\]\.memory/],
    [[{ ...spare, input: 'x' }], /spares\[0\]\.input: given is not allowed, it must be left out/],
    [[{ ...spare, command: ['x'] }], /spares\[0\]\.command/],
  ])('are refused when they are %j', (spares, message) => {
    expect(() => read(spares)).toThrow(message)
  })

  it('need an init process', () => {
    expect(() => read([spare], { enableTini: false })).toThrow(/spares/)
    expect(read([], { enableTini: false }).spares).toEqual([])
  })
})
