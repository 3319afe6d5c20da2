import { expect, test } from 'vitest'
import { createClusterDriver, startWorker } from '../../../src/cluster/index.ts'
import { createDockerDriver, createExecutor } from '../../../src/index.ts'
import { engineRequest } from '../../support/engine/request.ts'
import { ensureTestImage, testImage } from '../../support/images/images.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'
import { startRedis } from '../../support/redis/redis.ts'
import { newHub } from '../../unit/inspector/setup.ts'
import { shell } from '../setup.ts'

checkLeaks()

test("a run on another host is shown with its container's id and the image's digest", async () => {
  await ensureTestImage()
  await using redis = await startRedis()
  await using local = await createDockerDriver()
  await using worker = await startWorker({ connection: redis.path, driver: local })
  expect(worker).toBeDefined()
  await using driver = await createClusterDriver({ connection: redis.path })
  const hub = newHub()
  await using executor = createExecutor({ driver, inspect: hub.inspect })
  const { stdout } = await executor.run(shell('hostname'))
  const { Id } = (await engineRequest('GET', `/images/${testImage}/json`)) as { Id: string }
  const tasks = hub.latest.map(({ details }) => details.task)
  hub.close()
  expect(tasks).toContainEqual(
    expect.objectContaining({
      containerId: expect.stringMatching(new RegExp(`^${String(stdout).trim()}[0-9a-f]{52}$`)) as string,
      imageDigest: expect.stringContaining(Id.replace(/^sha256:/, '')) as string,
    }),
  )
})
