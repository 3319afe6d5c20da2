import { describe, expect, test } from 'vitest'
import { resolveDockerConfig } from '../../../../../src/engines/docker/config/config.ts'
import type { DockerConfig } from '../../../../../src/engines/docker/config/docker-config.ts'
import { createDockerEngine } from '../../../../../src/engines/docker/engine.ts'
import { resolveTask } from '../../../../../src/task/resolve-task.ts'
import type { ContainerTask } from '../../../../../src/task/task.ts'
import { type FakeAnswer, type FakeRequest, lines, startFakeEngine } from '../../../../support/engine/fake.ts'

const id = 'a'.repeat(64)
// These tests must not depend on the machine's own Docker config.
const noDockerConfig = { DOCKER_CONFIG: '/nowhere' }

/** An engine that has the image only after a pull. */
async function registry(pull: (request: FakeRequest) => FakeAnswer, config: DockerConfig = {}) {
  let pulled = false
  const fake = await startFakeEngine(request => {
    const { method, url } = request
    if (method === 'POST' && url.startsWith('/images/create')) {
      pulled = true
      return pull(request)
    }
    if (url.startsWith('/images/')) return pulled ? { Id: `sha256:${id}` } : [404, 'No such image: x']
    if (url.startsWith('/containers/create')) return pulled ? { Id: id } : [404, 'No such image: x:latest']
    return url === '/_ping' ? response => response.end('OK') : {}
  })
  const engine = await createDockerEngine(
    resolveDockerConfig({ docker: fake.address, pullRetries: 0, ...config }, {}),
    noDockerConfig,
  )
  const prepare = async (task: Partial<ContainerTask> = {}, signal = new AbortController().signal) => {
    const container = engine.container(resolveTask({ image: 'x', ...task }))
    try {
      await container.prepare(signal)
    } finally {
      await container.remove()
    }
  }
  return {
    prepare,
    requests: () => fake.requests.map(({ url }) => url),
    pulls: () => fake.requests.filter(({ url }) => url.startsWith('/images/create')),
    async [Symbol.asyncDispose]() {
      await engine.close()
      await fake[Symbol.asyncDispose]()
    },
  }
}

const done = lines({ status: 'Pulling from library/x' }, { status: 'Status: Downloaded newer image' })

describe('a pull', () => {
  test('asks the registry only when the image is missing, for one tag', async () => {
    await using given = await registry(() => done)
    await given.prepare()
    await given.prepare()
    expect(given.pulls().map(({ url }) => url)).toEqual(['/images/create?fromImage=library%2Fx&tag=latest'])
  })

  test.for(['image', 'such', 'No such image', 'found', 'No', 'x:latest'])(
    'of a missing image happens whatever a variable holds: %s',
    async value => {
      await using given = await registry(() => done)
      await given.prepare({ env: { CI_JOB_NAME: value, API_TOKEN: value }, secrets: [value] })
      expect(given.pulls()).toHaveLength(1)
    },
  )

  test('is judged by what the registry said, whatever its password is', async () => {
    await using given = await registry(() => [500, 'manifest unknown'])
    const auth = { username: 'me', password: 'manifest unknown' }
    await expect(given.prepare({ auth })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_IMAGE_NOT_FOUND',
      message: expect.stringContaining('"•••"'),
    })
  })

  test('never happens with pull: never', async () => {
    await using given = await registry(() => done)
    await expect(given.prepare({ pull: 'never' })).rejects.toMatchObject({ code: 'ERR_COOKIETIN_IMAGE_NOT_FOUND' })
    expect(given.pulls()).toEqual([])
  })

  test('always happens with pull: always', async () => {
    await using given = await registry(() => done)
    await given.prepare({ pull: 'always' })
    await given.prepare({ pull: 'always' })
    expect(given.pulls()).toHaveLength(2)
  })

  test('is shared by all tasks at the same time', async () => {
    await using given = await registry(() => done)
    await Promise.all(Array.from({ length: 6 }, () => given.prepare({ pull: 'always' })))
    expect(given.pulls()).toHaveLength(1)
  })

  test('that is shared and fails rejects each task with its own error', async () => {
    await using given = await registry(() => [500, 'manifest unknown'])
    const tries = Array.from({ length: 3 }, () => given.prepare({ pull: 'always' }).catch((error: unknown) => error))
    const errors = await Promise.all(tries)
    expect(errors).toMatchObject(Array(3).fill({ code: 'ERR_COOKIETIN_IMAGE_NOT_FOUND' }))
    expect([new Set(errors).size, given.pulls().length]).toEqual([3, 1])
  })

  test('is not shared between different credentials, which go in a header', async () => {
    await using given = await registry(() => done)
    const auth = (password: string) => ({ username: 'me', password, serverAddress: 'r.example' })
    await Promise.all(['one>>>', 'two???'].map(password => given.prepare({ pull: 'always', auth: auth(password) })))
    const sent = given
      .pulls()
      .map(({ headers }) => Buffer.from(String(headers['x-registry-auth']), 'base64').toString())
    expect(sent.map(text => JSON.parse(text).password).sort()).toEqual(['one>>>', 'two???'])
    // The engine decodes base64url with padding.
    expect(given.pulls().every(({ headers }) => /^[\w-]+=*$/.test(String(headers['x-registry-auth'])))).toBe(true)
    expect(given.pulls().every(({ headers }) => String(headers['x-registry-auth']).length % 4 === 0)).toBe(true)
  })

  test('uses the credentials of the auth function, which is called only for a pull', async () => {
    await using given = await registry(() => done)
    const asked: string[] = []
    const auth = async ({ repository }: { repository: string }) => {
      asked.push(repository)
      return { identityToken: 'tok-en' }
    }
    await given.prepare({ auth })
    await given.prepare({ auth })
    expect(asked).toEqual(['library/x'])
  })

  test('fails when the auth function fails or never settles', async () => {
    await using given = await registry(() => done, { pullIdleTimeout: 50 })
    const failing = () => Promise.reject(new Error('vault is sealed'))
    await expect(given.prepare({ auth: failing })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_IMAGE_AUTH',
      cause: new Error('vault is sealed'),
    })
    const silent = () => new Promise<undefined>(() => {})
    await expect(given.prepare({ auth: silent })).rejects.toMatchObject({ code: 'ERR_COOKIETIN_IMAGE_AUTH' })
    await using patient = await registry(() => done)
    const aborter = new AbortController()
    const aborted = patient.prepare({ auth: silent }, aborter.signal)
    await expect.poll(() => patient.requests().some(url => url.startsWith('/containers/create'))).toBe(true)
    aborter.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CANCELLED' })
  })

  test('a request that the engine rejects as invalid is an invalid task', async () => {
    const fake = await startFakeEngine(() => [400, 'invalid CPU range'])
    const engine = await createDockerEngine(resolveDockerConfig({ docker: fake.address }, {}), noDockerConfig)
    const container = engine.container(resolveTask({ image: 'x' }))
    await expect(container.prepare(new AbortController().signal)).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_INVALID_TASK',
      message: expect.stringContaining('invalid CPU range'),
    })
    await container.remove()
    expect(fake.requests.filter(({ method }) => method === 'DELETE')).toEqual([])
    await engine.close()
    await fake[Symbol.asyncDispose]()
  })

  test.for<[string, FakeAnswer, string]>([
    [
      'an error in the stream',
      lines({ status: 'ok' }, { errorDetail: { message: 'filesystem layer verification failed' }, error: 'x' }),
      'IMAGE_CORRUPT',
    ],
    ['an error in the stream, in the old way', lines({ error: 'unknown blob' }), 'IMAGE_CORRUPT'],
    ['no such tag', [404, 'manifest for x:latest not found: manifest unknown'], 'IMAGE_NOT_FOUND'],
    ['no such tag, as 500', [500, 'manifest unknown'], 'IMAGE_NOT_FOUND'],
    ['no credentials', [500, 'Get "https://r/v2/": no basic auth credentials'], 'IMAGE_AUTH'],
    ['wrong credentials', [500, 'unauthorized: authentication required'], 'IMAGE_AUTH'],
    ['too many', [500, 'toomanyrequests: You have reached your pull rate limit'], 'IMAGE_RATE_LIMITED'],
    ['nobody there', [500, 'dial tcp 127.0.0.1:1: connect: connection refused'], 'REGISTRY_UNREACHABLE'],
    ['no such host', [500, 'dial tcp: lookup r.example: no such host'], 'REGISTRY_UNREACHABLE'],
    ['a full disk', lines({ error: 'write /var/lib/docker/tmp/x: no space left on device' }), 'NO_SPACE'],
    ['what nobody foresaw', [500, 'the moon is in the way'], 'PULL_FAILED'],
    [
      'a stream that is cut',
      response => {
        response.write('{"status":"Pulling"}\n')
        setImmediate(() => response.destroy())
      },
      'ENGINE_LOST',
    ],
  ])('fails for %s', async ([, answer, code]) => {
    await using given = await registry(() => answer)
    await expect(given.prepare()).rejects.toMatchObject({ code: `ERR_COOKIETIN_${code}` })
  })

  test('fails when no error was reported but the image is missing', async () => {
    const fake = await startFakeEngine(({ url }) =>
      url.startsWith('/images/create') ? done : [404, 'No such image: x:latest'],
    )
    const config = resolveDockerConfig({ docker: fake.address, pullRetries: 0 }, {})
    const engine = await createDockerEngine(config, noDockerConfig)
    const container = engine.container(resolveTask({ image: 'x' }))
    await expect(container.prepare(new AbortController().signal)).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_PULL_FAILED',
    })
    await container.remove()
    await engine.close()
    await fake[Symbol.asyncDispose]()
  })

  const silent = () => (response: { write(text: string): void }) => response.write('{"status":"Pulling"}\n')

  test('is aborted without progress, and after its time limit', async () => {
    await using idle = await registry(silent, { pullIdleTimeout: 50 })
    await expect(idle.prepare()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_PULL_TIMEOUT' })
    const busy: FakeAnswer = response => {
      const timer = setInterval(() => response.write('{"status":"Waiting"}\n'), 10)
      response.on('close', () => clearInterval(timer))
    }
    await using long = await registry(() => busy, { pullIdleTimeout: 1_000, pullTimeout: 100 })
    await expect(long.prepare()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_PULL_TIMEOUT' })
  })

  test('continues when one task gives up, and is aborted with the last one', async () => {
    let closed = false
    let finish = () => {}
    await using given = await registry(() => response => {
      response.write('{"status":"Pulling"}\n')
      response.on('close', () => {
        closed = true
      })
      finish = () => response.end('{"status":"done"}\n')
    })
    const [one, two] = [new AbortController(), new AbortController()]
    const first = given.prepare({ pull: 'always' }, one.signal)
    const second = given.prepare({ pull: 'always' }, two.signal)
    await expect.poll(() => given.pulls().length).toBe(1)
    one.abort(new Error('no more'))
    await expect(first).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CANCELLED', cause: new Error('no more') })
    expect(closed).toBe(false)
    finish()
    await second
    const last = new AbortController()
    closed = false
    const third = given.prepare({ pull: 'always' }, last.signal)
    await expect.poll(() => given.pulls().length).toBe(2)
    last.abort()
    await expect(third).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CANCELLED' })
    await expect.poll(() => closed).toBe(true)
  })
})

describe('secrets', () => {
  test('are never in an error, also when the engine repeats them, and never in a URL', async () => {
    const seen: string[] = []
    const sent = { '/images/create': 'canary-pass-9923 and canary-token-77', '/containers/create': 'canary-env-5417' }
    for (const [step, parrot] of Object.entries(sent)) {
      const fake = await startFakeEngine(({ url }) =>
        url.startsWith(step) ? [500, parrot] : [404, 'No such image: x'],
      )
      const engine = await createDockerEngine(resolveDockerConfig({ docker: fake.address, dockerNetworks: [] }, {}), {})
      const container = engine.container(
        resolveTask({
          image: 'x',
          env: { TOKEN: 'canary-env-5417' },
          input: 'canary-input-1',
          auth: { username: 'me', password: 'canary-pass-9923', registryToken: 'canary-token-77' },
        }),
      )
      const error = await container.prepare(new AbortController().signal).catch((error: Error) => error)
      const { cause } = error as Error
      seen.push(String(error), JSON.stringify(error), String(cause), JSON.stringify(cause))
      seen.push(...fake.requests.map(({ url }) => url))
      await container.remove()
      await engine.close()
      await fake[Symbol.asyncDispose]()
    }
    expect(seen.join('\n')).not.toContain('canary')
    expect(seen.join('\n')).toContain('•••')
  })

  test('are also those of variables that were added by hand; other values are shown', async () => {
    const fake = await startFakeEngine(() => [500, 'bind: invalid mount for hunter22 in /srv/app'])
    const engine = await createDockerEngine(resolveDockerConfig({ docker: fake.address }, {}), {})
    const container = engine.container(resolveTask({ image: 'x', env: { HOME: '/srv/app', MODE: 'bind' } }))
    ;(container.options as { Env: string[] }).Env.push('DB_PASSWORD=hunter22')
    await expect(container.prepare(new AbortController().signal)).rejects.toMatchObject({
      message: expect.stringContaining('"bind: invalid mount for ••• in /srv/app"'),
    })
    await container.remove()
    await engine.close()
    await fake[Symbol.asyncDispose]()
  })

  test('a MiB of environment is sent in the body', async () => {
    await using given = await registry(() => done)
    await given.prepare({
      env: Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`V${index}`, 'x'.repeat(100_000)])),
    })
  })
})
