import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { filter, firstValueFrom } from 'rxjs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { clusterStatus, createClusterDriver, startWorker } from '../../src/cluster/index.ts'
import { createExecutor, createProcessDriver, type Execution } from '../../src/index.ts'
import { startRedisProxy } from '../support/redis/proxy.ts'
import { startRedis } from '../support/redis/redis.ts'
import { setup, sh, until } from './setup.ts'

describe('a run on another host', () => {
  it('has the states, the output and the result of a local one', async () => {
    const { executor, work } = await setup()
    await work()
    const run = executor.run(sh('cat; echo err >&2; exit 3', { input: Readable.from(['a', 'b']) }))
    const states: string[] = []
    run.state$.subscribe(state => states.push(state))
    expect(await run).toMatchObject({ status: 'error', exitCode: 3, stdout: 'ab', stderr: 'err\n' })
    await executor.onIdle()
    expect(states).toEqual(['created', 'preparing', 'prepared', 'starting', 'running', 'done', 'closing', 'closed'])
  })

  it('keeps every byte of a large output, at the pace of its reader', async () => {
    const { executor, work } = await setup()
    await work()
    const run = executor.run(sh('head -c 50000000 /dev/zero; echo end'))
    let size = 0
    let last = ''
    for await (const chunk of run.stdout as AsyncIterable<Buffer>) {
      size += chunk.length
      last = chunk.subarray(-4).toString()
    }
    expect([size, last, (await run).status]).toEqual([50_000_004, 'end\n', 'success'])
  })

  it('is cancelled while it waits, and while it runs', async () => {
    const { executor, work } = await setup()
    const waiting = executor.run(sh('true'))
    await until(waiting, 'preparing')
    waiting.cancel('enough')
    expect((await waiting).status).toBe('cancelled')
    await work()
    const running = executor.run(sh('sleep 60'))
    await until(running, 'running')
    running.cancel()
    expect((await running).status).toBe('cancelled')
    await executor.onIdle()
  })

  it('that is cancelled on its way into the queue leaves nothing there', async () => {
    const { executor, redis } = await setup()
    const cancel = async () => {
      const run = executor.run(sh('true'))
      await until(run, 'preparing')
      run.cancel()
      await run
    }
    await Promise.all(Array.from({ length: 8 }, cancel))
    await executor.onIdle()
    expect(await clusterStatus({ connection: redis.path })).toMatchObject({ waiting: 0, active: 0 })
  })

  it('that was cancelled while it waited does not come back into the queue', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const { executor, redis } = await setup()
    for (const _ of [1, 2]) {
      const waiting = executor.run(sh('true'))
      await until(waiting, 'preparing')
      await expect.poll(() => clusterStatus({ connection: redis.path })).toMatchObject({ waiting: 1 })
      waiting.cancel()
      expect((await waiting).status).toBe('cancelled')
      await executor.onIdle()
      // It is looked every two seconds whether Redis has lost the job. The second run's calls come after those of the first.
      vi.advanceTimersByTime(2_000)
    }
    expect(await clusterStatus({ connection: redis.path })).toMatchObject({ waiting: 0, active: 0 })
  })

  it('freezes and thaws, has samples, and gets signals', async () => {
    const { executor, work } = await setup()
    await work()
    const run = executor.run(sh('trap "exit 7" TERM; echo ready; while :; do sleep 0.05; done', { stopGrace: 5_000 }))
    await once(run.stdout, 'data')
    const sample = firstValueFrom(run.stats$)
    expect(await sample).toHaveProperty('metrics')
    await run.freeze()
    expect(run.state).toBe('frozen')
    await run.unfreeze()
    run.cancel()
    expect(await run).toMatchObject({ status: 'cancelled', exitCode: 7 })
  })

  it('fails with the error of its host', async () => {
    const { executor, work } = await setup()
    await work({ host: 'north' })
    const refused = executor.run({ image: 'any', command: ['true'], volumes: [['/usr/share/zoneinfo', '/z', 'ro']] })
    await expect(refused).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_TASK' })
    await expect(refused).rejects.toThrow(/on host north/)
  })

  it('is refused by the policy of its worker', async () => {
    const { executor, work } = await setup()
    await work({ policy: ({ image }) => (image === 'any' ? 'nothing of any' : undefined) })
    await expect(executor.run(sh('true'))).rejects.toThrow(/nothing of any/)
  })
})

it('runs are spread over the workers', async () => {
  const { executor, work } = await setup()
  const workers = [await work({ host: 'a', slots: 2 }), await work({ host: 'b', slots: 2 })]
  const most = [0, 0]
  for (const [index, worker] of workers.entries()) {
    worker.status$.subscribe(({ busy }) => {
      most[index] = Math.max(most[index] ?? 0, busy)
    })
  }
  const results = await Promise.all(Array.from({ length: 12 }, (_, at) => executor.run(sh(`sleep 0.2; echo ${at}`))))
  expect(results.map(({ stdout }) => Number(stdout))).toEqual(Array.from({ length: 12 }, (_, at) => at))
  expect(most).toEqual([2, 2])
})

describe('a worker', () => {
  it('that is closed takes nothing more, and ends what it has', async () => {
    const { executor, work } = await setup()
    const first = await work({ host: 'first' })
    const runs = [executor.run(sh('sleep 0.5; echo a')), executor.run(sh('sleep 0.5; echo b'))]
    await Promise.all(runs.map(run => until(run, 'running')))
    const closed = first.close()
    const late = executor.run(sh('echo late'))
    expect((await Promise.all(runs)).map(({ stdout }) => stdout)).toEqual(['a\n', 'b\n'])
    await closed
    expect(late.state).toBe('preparing')
    await work({ host: 'second' })
    expect((await late).stdout).toBe('late\n')
  })

  it('that is killed loses its runs after the lease, and they run again where that is wanted', async () => {
    const { executor, spawnWorker, work } = await setup({ lease: 1_500, onHostLoss: 'rerun' })
    const child = await spawnWorker('doomed')
    const folder = await mkdtemp(join(tmpdir(), 'ct-cluster-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const run = executor.run(
      sh(`echo x >> ${folder}/starts; echo done; test $(wc -l < ${folder}/starts) -gt 1 || sleep 60`),
    )
    await once(run.stdout, 'data')
    child.kill('SIGKILL')
    await work({ host: 'other' })
    expect(await run).toMatchObject({ status: 'success', stdout: 'done\n' })
    expect((await readFile(`${folder}/starts`, 'utf8')).length).toBe(4)
  }, 30_000)

  it('that is killed fails its runs by default', async () => {
    const { executor, spawnWorker } = await setup({ lease: 1_500 })
    const child = await spawnWorker('doomed')
    const run = executor.run(sh('sleep 60'))
    await until(run, 'running')
    child.kill('SIGKILL')
    await expect(run).rejects.toMatchObject({ code: 'ERR_COOKIETIN_HOST_LOST', retryable: true })
  }, 30_000)

  it('that cannot reach Redis ends its runs before others may start them again', async () => {
    const { executor, spawnWorker, work, redis } = await setup({ lease: 2_000, onHostLoss: 'rerun' })
    await using proxy = await startRedisProxy(`${redis.path}-proxy`, redis.path)
    await spawnWorker('cut', proxy.path)
    const folder = await mkdtemp(join(tmpdir(), 'ct-cluster-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    // Each attempt holds a lock while it lives. A second one that finds it held tells that two were alive.
    const lock = `${folder}/lock`
    const script = `exec 9> ${lock}; flock -n 9 || echo both >> ${folder}/both; echo up; test -e ${folder}/second || sleep 60`
    const run = executor.run(sh(script))
    await once(run.stdout, 'data')
    proxy.freeze(true)
    const { writeFile } = await import('node:fs/promises')
    await writeFile(`${folder}/second`, '')
    await work({ host: 'other' })
    expect(await run).toMatchObject({ status: 'success' })
    expect(existsSync(`${folder}/both`)).toBe(false)
    proxy.freeze(false)
  }, 30_000)
})

it('a Redis that is killed and started again loses nothing', async () => {
  const { executor, work, redis } = await setup()
  await work({ slots: 8 })
  const runs = Array.from({ length: 8 }, (_, at) =>
    executor.run(sh(`for i in 1 2 3 4 5 6 7 8; do echo ${at}.$i; sleep 0.2; done`)),
  )
  await Promise.all(runs.map(run => until(run, 'running')))
  await redis.kill()
  await redis.start()
  const late = executor.run(sh('echo late'))
  for (const [at, run] of runs.entries()) {
    const expected = Array.from({ length: 8 }, (_, line) => `${at}.${line + 1}\n`).join('')
    expect(await run).toMatchObject({ status: 'success', stdout: expected })
  }
  expect((await late).stdout).toBe('late\n')
}, 40_000)

it('the runs of a submitter that is gone are ended', async () => {
  const { redis, work } = await setup({ lease: 1_500 })
  const worker = await work({ slots: 2 })
  const proxy = await startRedisProxy(`${redis.path}-proxy`, redis.path)
  const driver = await createClusterDriver({ connection: proxy.path, lease: 1_500 })
  const cookie = await driver.createCookie(sh('sleep 60'))
  await cookie.run()
  await firstValueFrom(worker.status$.pipe(filter(({ busy }) => busy === 1)))
  proxy.freeze(true)
  await firstValueFrom(worker.status$.pipe(filter(({ busy }) => busy === 0)))
  proxy.freeze(false)
  await driver.close().catch(() => {})
  await proxy[Symbol.asyncDispose]()
}, 30_000)

describe('bad options', () => {
  it.each([
    [{ connection: 'nowhere' }, /connection/],
    [{ connection: 'http://x' }, /connection/],
    [{ connection: '/x', queue: 'a b' }, /queue/],
    [{ connection: '/x', priority: -1 }, /priority/],
    [{ connection: '/x', onHostLoss: 'retry' }, /onHostLoss/],
    [{ connection: '/x', lease: 1 }, /lease/],
    [{ connection: '/x', conection: 1 }, /conection/],
  ])('of a driver are refused: %j', async (options, message) => {
    await expect(createClusterDriver(options as never)).rejects.toThrow(message)
  })

  it('of a worker are refused', async () => {
    const driver = await createProcessDriver()
    for (const [rest, message] of [
      [{ slots: 0 }, /slots/],
      [{ driver: {} }, /driver/],
      [{ policy: 'x' }, /policy/],
    ] as const) {
      await expect(startWorker({ connection: '/x', driver, ...rest } as never)).rejects.toThrow(message)
    }
    await driver.close()
  })

  it('a Redis that does not answer is named', async () => {
    const opening = createClusterDriver({ connection: '/nowhere/s', connectTimeout: 300 })
    await expect(opening).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CLUSTER_FAILED' })
    await expect(opening).rejects.toThrow(/ENOENT/)
  })
})

it('the status of a cluster has its hosts, its queue and its Redis', async () => {
  const { executor, work, redis, spawnWorker } = await setup()
  await work({ host: 'a', slots: 1 })
  const child = await spawnWorker('b')
  const runs = Array.from({ length: 7 }, () => executor.run(sh('sleep 1')))
  await Promise.all(runs.slice(0, 5).map(run => until(run, 'running')))
  await expect
    .poll(() => clusterStatus({ connection: redis.path }))
    .toMatchObject({
      active: 5,
      waiting: 2,
      hosts: [
        { host: 'a', slots: 1, busy: 1, isDraining: false },
        { host: 'b', slots: 4, busy: 4 },
      ],
      redis: { isPersistent: true, evictionPolicy: 'noeviction', advice: [] },
    })
  await Promise.all(runs)
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
  await expect.poll(async () => (await clusterStatus({ connection: redis.path })).hosts.length).toBe(1)
})

it('runs end, and driver and worker close, where Redis goes for ever meanwhile', async () => {
  const redis = await startRedis()
  const local = await createProcessDriver()
  const lease = 1_000
  const driver = await createClusterDriver({ connection: redis.path, lease })
  const worker = await startWorker({ connection: redis.path, driver: local, lease, slots: 1 })
  const executor = createExecutor({ driver, concurrency: 3 })
  const [running, cancelled, waiting] = [1, 2, 3].map(() => executor.run(sh('sleep 60')))
  await until(running as Execution, 'running')
  await redis[Symbol.asyncDispose]()
  cancelled?.cancel()
  await expect(running).rejects.toMatchObject({ code: 'ERR_COOKIETIN_HOST_LOST', retryable: true })
  expect((await cancelled)?.status).toBe('cancelled')
  await executor.close({ force: true })
  expect((await waiting)?.status).toBe('cancelled')
  await Promise.all([driver.close(), worker.close({ force: true })])
  await local.close()
})

it('driver and worker close where Redis is gone for ever', async () => {
  const redis = await startRedis()
  const driver = await createClusterDriver({ connection: redis.path })
  const local = await createProcessDriver()
  const worker = await startWorker({ connection: redis.path, driver: local })
  await redis[Symbol.asyncDispose]()
  await Promise.all([driver.close(), worker.close()])
  await local.close()
})
