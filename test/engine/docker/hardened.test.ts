import { beforeAll, expect, test } from 'vitest'
import type { DockerConfig } from '../../../src/engines/docker/config/docker-config.ts'
import type { ContainerTask } from '../../../src/task/task.ts'
import { live, testEngine } from '../../support/engine/docker.ts'
import { engineRequest } from '../../support/engine/request.ts'
import { ensureTestImage, testImage } from '../../support/images/images.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'

checkLeaks()
beforeAll(async () => void (await ensureTestImage()))

test('an image with volumes is rejected, unless allow lists hardened-volumes', async () => {
  const image = 'cookietin-test/volumes:1'
  const made = (await engineRequest('POST', '/containers/create', { Image: testImage })) as { Id: string }
  await engineRequest(
    'POST',
    `/commit?container=${made.Id}&repo=cookietin-test/volumes&tag=1&changes=${encodeURIComponent('VOLUME /data')}`,
  )
  await engineRequest('DELETE', `/containers/${made.Id}`)
  const run = async (task: Partial<ContainerTask>, config: DockerConfig = {}) => {
    await using given = await testEngine(config)
    const container = given.container({ image, command: ['sh', '-c', 'mount | grep -c " /data "'], ...task })
    try {
      return (await live(container)).stdout.trim()
    } finally {
      await container.remove()
    }
  }
  await expect(run({ profile: 'hardened' })).rejects.toThrow(
    /image: 'cookietin-test\/volumes:1' is not allowed.*\/data/,
  )
  const { Id: id } = (await engineRequest('GET', `/images/${image}/json`)) as { Id: string }
  const digits = id.slice('sha256:'.length)
  for (const reference of [id, digits, digits.slice(0, 12), `docker.io/${image}`]) {
    await expect(run({ profile: 'hardened', image: reference })).rejects.toThrow(/an image without volumes.*\/data/)
    expect(await run({ image: reference })).toBe('1')
  }
  expect(await run({ profile: 'hardened' }, { allow: 'hardened-volumes' })).toBe('1')
  expect(await run({})).toBe('1')
  await engineRequest('DELETE', `/images/${image}`)
})

test('an image by an id that the engine does not have is not pulled', async () => {
  await using given = await testEngine()
  for (const pull of ['missing', 'always', 'never'] as const) {
    for (const image of [`sha256:${'0'.repeat(64)}`, '0'.repeat(64)]) {
      const container = given.container({ image, pull })
      await expect(live(container)).rejects.toMatchObject({
        code: 'ERR_COOKIETIN_IMAGE_NOT_FOUND',
        message: expect.stringMatching(/no image of the id sha256:0{64}, .*cannot be pulled by its id/),
      })
      await container.remove()
    }
  }
})

test('an image whose working directory is in /proc is rejected, unless the task has another one', async () => {
  const image = 'cookietin-test/workdir:1'
  const made = (await engineRequest('POST', '/containers/create', { Image: testImage })) as { Id: string }
  const changes = encodeURIComponent('WORKDIR /proc/self/fd/8')
  await engineRequest('POST', `/commit?container=${made.Id}&repo=cookietin-test/workdir&tag=1&changes=${changes}`)
  await engineRequest('DELETE', `/containers/${made.Id}`)
  await using given = await testEngine()
  for (const profile of ['default', 'hardened'] as const) {
    for (const workDir of [undefined, '/tmp']) {
      const container = given.container({ image, profile, workDir, command: ['pwd'] })
      const ended = live(container).then(({ stdout }) => stdout.trim())
      if (workDir === undefined) await expect(ended).rejects.toThrow(/image whose working directory is outside \/proc/)
      else expect(await ended).toBe('/tmp')
      await container.remove()
    }
  }
  await engineRequest('DELETE', `/images/${image}`)
})

test('requireDigest rejects an image without a digest', async () => {
  await using given = await testEngine({ requireDigest: true })
  expect(() => given.container({ image: 'busybox:latest' })).toThrow(
    /image: 'busybox:latest' is not allowed, it must be an image named by its digest/,
  )
  expect(() => given.container({ image: 'aaaaaaaaaaaa' })).toThrow(/named by its digest/)
  expect(() => given.container({ image: `busybox@sha256:${'a'.repeat(64)}` })).not.toThrow()
  expect(() => given.container({ image: `sha256:${'a'.repeat(64)}` })).not.toThrow()
})

test('a container gets the runtime of the config', async () => {
  await using given = await testEngine({ runtime: 'no-such-runtime' })
  const container = given.container({ command: 'true' })
  await expect(live(container)).rejects.toThrow(/no-such-runtime/)
  await container.remove()
})
