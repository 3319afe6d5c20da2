import { beforeAll, expect, test, vi } from 'vitest'
import { createClusterDriver, startWorker } from '../../../src/cluster/index.ts'
import { createDockerDriver, createExecutor } from '../../../src/index.ts'
import { ensureFunctionImage, functionImage } from '../../support/images/function-image.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'
import { startRedis } from '../../support/redis/redis.ts'

checkLeaks()

beforeAll(async () => {
  await ensureFunctionImage()
})

test('two submitters share the warm containers of a function on another host, which freeze between the calls', async () => {
  await using redis = await startRedis()
  await using local = await createDockerDriver()
  await using worker = await startWorker({ connection: redis.path, driver: local, slots: 2 })
  expect(worker).toBeDefined()
  await using first = await createClusterDriver({ connection: redis.path })
  await using second = await createClusterDriver({ connection: redis.path })
  const seen: unknown[] = []
  for (const driver of [first, second]) {
    await using executor = createExecutor({ driver })
    const echo = executor.function({ image: functionImage, command: ['node', '/function/echo.cjs'], disableNet: true })
    const response = await echo.invoke({ body: '{"status":207}' })
    const { calls } = (await response.json()) as { calls: number }
    seen.push([response.status, calls])
    await vi.waitFor(() => expect(echo.slots).toEqual({ frozen: 1 }), { timeout: 20_000 })
  }
  expect(seen).toEqual([
    [207, 1],
    [207, 2],
  ])
})
