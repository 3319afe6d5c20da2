import { readFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createDockerDriver, createExecutor } from '../../src/index.ts'
import { mayStartEngine, startPrivateEngine } from '../support/engine/private.ts'
import { ensureTestImage, testImage } from '../support/images/images.ts'
import { until } from './setup.ts'

test.runIf(mayStartEngine()).each([
  ['engine', 2_000],
  // The engine asks a container that is frozen by its file to end, and kills it after 10 s.
  ['cgroup', 30_000],
] as const)(
  'an engine that is stopped kills its containers: they have not failed by themselves (freezer: %s)',
  async (freezer, reconnectTimeout) => {
    const { host, stop } = await startPrivateEngine()
    const usual = process.env.DOCKER_HOST
    process.env.DOCKER_HOST = host
    onTestFinished(async () => {
      process.env.DOCKER_HOST = usual
      await stop()
    })
    await ensureTestImage()
    const driver = await createDockerDriver({ docker: host, freezer, reconnectTimeout, engineTimeout: 1_000 })
    const executor = createExecutor({ driver, concurrency: 4 })
    const runs = ['plain', 'frozen'].map(id =>
      executor.run({ id, image: testImage, command: ['sleep', '60'], disableNet: true }),
    )
    await Promise.all(runs.map(run => until(run, 'running')))
    await runs[1]?.freeze()
    process.kill(Number(await readFile(host.replace('unix://', '').replace('d.sock', 'd.pid'), 'utf8')), 'SIGTERM')
    const results = await Promise.all(runs)
    expect(results.map(({ status, error }) => [status, error?.code])).toEqual(
      Array(2).fill(['killed', 'ERR_COOKIETIN_KILLED']),
    )
    // Nothing answers, so nothing can be removed. Both say so.
    await executor.close({ force: true }).catch(() => {})
    await expect(driver.close()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_NOT_CLEANED' })
  },
)
