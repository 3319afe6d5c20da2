import { filter, firstValueFrom } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { resolveDockerConfig } from '../../../../../src/engines/docker/config/config.ts'
import type { DockerConfig } from '../../../../../src/engines/docker/config/docker-config.ts'
import { createDockerEngine } from '../../../../../src/engines/docker/engine.ts'
import { ImageCache } from '../../../../../src/engines/docker/image/cache.ts'
import { resolveTask } from '../../../../../src/task/resolve-task.ts'
import { type FakeAnswer, startFakeEngine } from '../../../../support/engine/fake.ts'

const image = (id: string, size: number, ...tags: string[]) => ({ id, size, tags })

describe('ImageCache', () => {
  test('has a surplus only above its limit: the least recently used image', () => {
    const cache = new ImageCache(20, [])
    cache.update(image('a', 10))
    cache.update(image('b', 10))
    expect(cache.surplus).toBeUndefined()
    cache.update(image('c', 1))
    expect(cache.surplus?.id).toBe('a')
    cache.touch('a')
    expect(cache.surplus?.id).toBe('b')
    cache.update(image('b', 10))
    expect(cache.surplus?.id).toBe('b')
    cache.forget('b', true)
    expect([cache.surplus, cache.usage.removed]).toEqual([undefined, 1])
  })

  test('counts images in use but never offers them for removal', () => {
    const cache = new ImageCache(20, [])
    cache.update(image('a', 15))
    cache.update(image('b', 15))
    const release = [cache.hold('a'), cache.hold('a')]
    expect(cache.surplus?.id).toBe('b')
    expect(cache.usage).toMatchObject({ idle: { count: 1, bytes: 15 }, busy: { count: 1, bytes: 15 } })
    cache.forget('b', true)
    cache.update(image('c', 15))
    const third = cache.hold('c')
    expect(cache.surplus).toBeUndefined()
    release[0]?.()
    release[0]?.()
    expect(cache.surplus).toBeUndefined()
    release[1]?.()
    expect(cache.surplus?.id).toBe('a')
    third()
    expect(cache.surplus?.id).toBe('a')
  })

  test('neither counts exempt images nor offers them for removal', () => {
    const cache = new ImageCache(10, ['keep:1'])
    cache.update(image('a', 100, 'other:1', 'keep:1'))
    expect([cache.surplus, cache.usage.idle.count]).toEqual([undefined, 0])
    cache.update(image('b', 11))
    expect(cache.surplus?.id).toBe('b')
  })

  test('forgets images that the engine no longer has', () => {
    const cache = new ImageCache(0, [])
    cache.update(image('a', 1))
    cache.update(image('b', 1))
    cache.retain(new Set(['b']))
    expect(cache.surplus?.id).toBe('b')
    cache.retain(new Set())
    expect([cache.surplus, cache.usage.removed]).toEqual([undefined, 0])
  })
})

describe('the image cleaner', () => {
  /** An engine with these images, and a driver that limits their size. */
  async function cleaned(
    images: Map<string, { size: number; tags: string[] }>,
    config: DockerConfig,
    refuse = (_: string): FakeAnswer => undefined,
  ) {
    const fake = await startFakeEngine(({ method, url }) => {
      const path = decodeURIComponent(url)
      if (url === '/images/json') {
        return [...images].map(([Id, { size, tags }]) => ({ Id, Size: size, RepoTags: tags }))
      }
      if (method === 'DELETE' && path.startsWith('/images/')) {
        const name = path.slice('/images/'.length)
        const answer = refuse(name)
        if (answer !== undefined) return answer
        for (const [id, { tags }] of images) {
          const left = tags.filter(tag => tag !== name)
          if (id === name || (left.length === 0 && tags.length > 0)) images.delete(id)
          else images.set(id, { size: images.get(id)?.size ?? 0, tags: left })
        }
        return []
      }
      if (method === 'GET' && path.startsWith('/images/')) {
        const found = [...images].find(([, { tags }]) => tags.some(tag => path === `/images/${tag}/json`))
        return found === undefined
          ? [404, 'No such image']
          : { Id: found[0], Size: found[1].size, RepoTags: found[1].tags }
      }
      if (url.startsWith('/containers/create')) return { Id: 'a'.repeat(64) }
      return {}
    })
    const engine = await createDockerEngine(resolveDockerConfig({ docker: fake.address, ...config }, {}), {})
    return {
      engine,
      removals: () =>
        fake.requests
          .filter(({ method, url }) => method === 'DELETE' && url.startsWith('/images'))
          .map(({ url }) => decodeURIComponent(url.slice('/images/'.length))),
      async [Symbol.asyncDispose]() {
        await engine.close()
        await fake[Symbol.asyncDispose]()
      },
    }
  }
  const someImages = () =>
    new Map([
      ['sha256:one', { size: 10, tags: ['one:1'] }],
      ['sha256:two', { size: 10, tags: ['two:1', 'zwei:1'] }],
      ['sha256:kept', { size: 99, tags: ['kept:latest'] }],
      ['sha256:three', { size: 10, tags: [] }],
    ])

  test('removes images by all their names until the rest fits, and reports it', async () => {
    const images = someImages()
    await using given = await cleaned(images, { imageCacheMaxSize: 15, imageCacheExemptTags: 'kept' })
    const usage = await firstValueFrom(given.engine.imageCache$.pipe(filter(({ removed }) => removed === 2)))
    expect(usage).toEqual({ max: 15, idle: { count: 1, bytes: 10 }, busy: { count: 0, bytes: 0 }, removed: 2 })
    expect(given.removals()).toEqual(['one:1', 'two:1', 'zwei:1'])
    expect([...images.keys()]).toEqual(['sha256:kept', 'sha256:three'])
  })

  test('keeps the image of a cookie until the cookie is closed', async () => {
    await using given = await cleaned(new Map([['sha256:one', { size: 10, tags: ['one:1'] }]]), {
      imageCacheMaxSize: 15,
    })
    const container = given.engine.container(resolveTask({ image: 'one:1' }))
    await container.prepare(new AbortController().signal)
    expect(await firstValueFrom(given.engine.imageCache$.pipe(filter(({ busy }) => busy.count === 1)))).toMatchObject({
      idle: { count: 0 },
    })
    await container.remove()
    expect(await firstValueFrom(given.engine.imageCache$.pipe(filter(({ busy }) => busy.count === 0)))).toMatchObject({
      idle: { count: 1 },
    })
    expect(given.removals()).toEqual([])
  })

  test('skips images that other containers use, and tries each once', async () => {
    await using given = await cleaned(someImages(), { imageCacheMaxSize: 1, imageCacheExemptTags: 'kept' }, name =>
      name === 'zwei:1' ? undefined : [409, 'conflict: image is being used by running container'],
    )
    await expect.poll(() => given.removals()).toEqual(['one:1', 'two:1', 'sha256:three'])
    await given.engine.close()
    expect(given.removals()).toHaveLength(3)
  })

  test('does nothing without imageCacheMaxSize', async () => {
    await using given = await cleaned(someImages(), {})
    expect(await firstValueFrom(given.engine.imageCache$)).toMatchObject({ max: 0, removed: 0 })
    await given.engine.close()
    expect(given.removals()).toEqual([])
  })
})
