import { expect, test } from 'vitest'
import { resolveDockerConfig } from '../../../../../src/engines/docker/config/config.ts'
import type { Api } from '../../../../../src/engines/docker/connection/api.ts'
import type { CreateOptions } from '../../../../../src/engines/docker/create-options/create-options.ts'
import { ImageGuard } from '../../../../../src/engines/docker/image/image-guard.ts'
import { resolveTask } from '../../../../../src/task/resolve-task.ts'

test('an image is looked at once for each platform, again once it is forgotten, and always for untrusted code', async () => {
  let looks = 0
  const api = {
    request: async () => {
      looks += 1
      return { body: { Config: { WorkingDir: '/' } } }
    },
  } as unknown as Api
  const guard = new ImageGuard(api, resolveDockerConfig({}, {}))
  const check = (task: object) =>
    guard.check(resolveTask({ image: 'busybox', ...task }), { Image: 'busybox' } as CreateOptions, AbortSignal.any([]))
  const looksOf = async (task: object) => {
    const before = looks
    await check(task)
    return looks - before
  }
  const [arm, amd] = [{ platform: 'linux/arm64' }, { platform: 'linux/amd64' }]
  expect([await looksOf({}), await looksOf({})]).toEqual([1, 0])
  expect([await looksOf(arm), await looksOf(amd), await looksOf(arm)]).toEqual([1, 1, 0])
  guard.forget('busybox')
  expect([await looksOf({}), await looksOf(arm), await looksOf(amd)]).toEqual([1, 1, 1])
  expect([await looksOf({ profile: 'hardened' }), await looksOf({ profile: 'hardened' })]).toEqual([1, 1])
})

test("an image whose working directory is in /proc is refused where the options' own is missing or empty", async () => {
  const api = { request: async () => ({ body: { Config: { WorkingDir: '/proc/self' } } }) } as unknown as Api
  const guard = new ImageGuard(api, resolveDockerConfig({}, {}))
  const check = (WorkingDir: unknown) =>
    guard.check(resolveTask({ image: 'x' }), { Image: 'x', WorkingDir } as CreateOptions, AbortSignal.any([]))
  for (const missing of [undefined, null, '']) await expect(check(missing)).rejects.toThrow('outside /proc')
  expect(await check('/')).toBeDefined()
})
