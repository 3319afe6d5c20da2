import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { reapProcesses } from '../../src/engines/process/orphans.ts'
import { createExecutor } from '../../src/index.ts'
import { parameters } from '../support/models/seed.ts'
import { startRedisProxy } from '../support/redis/proxy.ts'
import { setup, sh } from './setup.ts'

/** How many runs there are. 1,500 take about ten minutes. */
const count = Number(process.env.COOKIETIN_TEST_CHAOS ?? 60)
const lease = 1_500

/** Numbers from 0 to 1 that the seed decides. */
function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Runs tasks while something goes wrong all the time. Each holds a lock while it lives, and notes its end. */
async function chaos(faults: readonly ('kill' | 'stop' | 'cut' | 'redis')[]) {
  const { driver, redis, spawnWorker } = await setup({ lease, onHostLoss: 'rerun' })
  const executor = createExecutor({ driver, concurrency: 16 })
  const folder = await mkdtemp(join(tmpdir(), 'ct-chaos-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const proxy = await startRedisProxy(`${redis.path}-proxy`, redis.path)
  const next = random(parameters.seed)
  const workers: ChildProcess[] = []
  for (const host of ['a', 'b']) workers.push(await spawnWorker(host))
  const cut = await spawnWorker('cut', proxy.path)
  let isOver = false
  const trouble = async () => {
    while (!isOver) {
      await after(300 + next() * 700)
      const fault = faults[Math.floor(next() * faults.length)]
      const at = Math.floor(next() * workers.length)
      const worker = workers[at]
      if (isOver || worker === undefined) return
      if (fault === 'kill') {
        worker.kill('SIGKILL')
        workers[at] = await spawnWorker(at === 0 ? 'a' : 'b')
      } else if (fault === 'stop') {
        worker.kill('SIGSTOP')
        await after(next() * 2_500)
        worker.kill('SIGCONT')
      } else if (fault === 'cut') {
        proxy.freeze(true)
        await after(next() * 4_000)
        proxy.freeze(false)
      } else {
        await redis.kill()
        await after(next() * 500)
        await redis.start()
      }
    }
  }
  const troubling = trouble()
  const both = `${folder}/both`
  const task = (at: number) =>
    sh(`exec 9> ${folder}/${at}; flock -n 9 || echo ${at} >> ${both}; sleep 0.${1 + (at % 5)}; echo ${at}`, {
      id: `run-${at}`,
      retry: {
        attempts: 100,
        delay: 1,
        when: ({ error }: { error: { code: string } }) => /HOST_LOST|CLUSTER/.test(error.code),
      },
    })
  const results = await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const result = await executor.run(task(at)).catch((error: Error) => error)
      return result instanceof Error ? `${at}: ${result}` : `${result.status} ${String(result.stdout).trim()}`
    }),
  )
  isOver = true
  await troubling
  await executor.close()
  const alive = existsSync(both) ? (await readFile(both, 'utf8')).trim().split('\n') : []
  cut.kill('SIGTERM')
  await proxy[Symbol.asyncDispose]()
  return { results, alive }
}

const expected = Array.from({ length: count }, (_, at) => `success ${at}`)

it('nothing is lost, and nothing is alive twice, while a worker is cut off and Redis is killed', async () => {
  const { results, alive } = await chaos(['cut', 'redis'])
  expect(results).toEqual(expected)
  expect(alive).toEqual([])
}, 1_200_000)

it('nothing is lost while workers are killed, stopped and cut off, and Redis is killed', async () => {
  const { results } = await chaos(['kill', 'stop', 'cut', 'redis'])
  expect(results).toEqual(expected)
  // What a killed worker left runs on until it is reaped. A killed process is listed until it is gone, and other tests may kill workers, too.
  await expect.poll(() => reapProcesses({ dryRun: false })).toEqual([])
}, 1_200_000)
