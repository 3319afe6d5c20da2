import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Exit } from '../../../machines/types/cookie.ts'
import type { DockerConfig } from '../../../src/engines/docker/config/docker-config.ts'
import type { ContainerTask } from '../../../src/task/task.ts'
import { live, noEvents, streamsOf, testEngine } from '../../support/engine/docker.ts'
import { engineRequest } from '../../support/engine/request.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'

checkLeaks()

const never = new AbortController().signal

/** Prepares, runs and removes a container. Returns its exit or its error. */
async function lifeOf(task: Partial<ContainerTask>, config = {}) {
  await using driver = await testEngine(config)
  const container = driver.container(task)
  try {
    return await live(container)
  } finally {
    await container.remove()
  }
}

async function running(task: Partial<ContainerTask> = { command: ['sleep', '30'] }, config: DockerConfig = {}) {
  const driver = await testEngine(config)
  const container = driver.container(task)
  await container.prepare(never)
  await container.start(streamsOf(), noEvents)
  return {
    container,
    driver,
    async status() {
      const { State } = (await engineRequest('GET', `/containers/${container.name}/json`)) as {
        State: { Status: string }
      }
      return State.Status
    },
    async [Symbol.asyncDispose]() {
      await container.remove()
      await driver[Symbol.asyncDispose]()
    },
  }
}

describe('exit', () => {
  const eats = 'a=xxxxxxxxxxxxxxxx; while :; do a="$a$a"; done'
  test.for<[string, Partial<ContainerTask>, Partial<Exit>]>([
    ['0', { command: ['true'] }, { exitCode: 0, oomKilled: false }],
    ['3', { command: ['sh', '-c', 'exit 3'] }, { exitCode: 3 }],
    ['256, which is 0', { command: ['sh', '-c', 'exit 256'] }, { exitCode: 0 }],
    ['137 of its own', { command: ['sh', '-c', 'exit 137'] }, { exitCode: 137, oomKilled: false }],
    ['by SIGTERM', { command: ['sh', '-c', 'kill -TERM $$'] }, { exitCode: 143 }],
    ['for want of memory', { command: ['sh', '-c', eats], memory: '16m' }, { exitCode: 137, oomKilled: true }],
    [
      '0, but its child had no memory',
      { command: ['sh', '-c', `sh -c '${eats}'; exit 0`], memory: '16m' },
      { exitCode: 0, oomKilled: true },
    ],
  ])('%s', async ([, task, expected]) => {
    expect((await lifeOf(task)).exit).toMatchObject(expected)
  })

  test.for([true, false])('of a missing command: 127 (init: %s)', async enableTini => {
    const { exit } = await lifeOf({ command: ['/nowhere'] }, { enableTini })
    expect(exit).toMatchObject({ exitCode: 127, message: expect.stringMatching(/exec.*\/nowhere/) })
  })

  test("of a command that is not executable: 126, with the engine's message", async () => {
    const { exit } = await lifeOf({ command: ['/etc/passwd'] }, { enableTini: false })
    expect(exit).toMatchObject({ exitCode: 126, outputTruncated: false })
    expect(exit.message).toContain('permission denied')
  })

  test.for(['/etc', '/etc/passwd'])('of %s, which is not executable, with an init process: 126', async command => {
    const { exit } = await lifeOf({ command: [command] })
    expect(exit).toMatchObject({ exitCode: 126, message: expect.stringMatching(/^exec \S+ failed/) })
  })

  test('of a command that exits with 127 by itself: without a message', async () => {
    const { exit } = await lifeOf({
      command: ['sh', '-c', 'echo "[FATAL tini (7)] exec x failed" >&2; echo >&2; exit 127'],
    })
    expect([exit.exitCode, exit.message]).toEqual([127, undefined])
  })

  test('of a mount that does not fit: INVALID_TASK', async () => {
    const folder = await mkdtemp('/tmp/ct-')
    onTestFinished(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'file'), '')
    for (const enableTini of [true, false]) {
      for (const volume of [[join(folder, 'file'), '/bin'] as const, [folder, '/bin/busybox'] as const]) {
        await expect(lifeOf({ command: ['true'], volumes: [volume] }, { enableTini })).rejects.toMatchObject({
          code: 'ERR_COOKIETIN_INVALID_TASK',
          message: expect.stringContaining('a folder only on a folder'),
        })
      }
    }
  })

  test('of a container that another client removes before it is started: START_FAILED', async () => {
    await using driver = await testEngine()
    const container = driver.container({ command: ['true'] })
    await container.prepare(new AbortController().signal)
    await engineRequest('DELETE', `/containers/${container.name}?force=true`)
    await expect(container.start(streamsOf(), noEvents)).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_START_FAILED',
      retryable: true,
      message: expect.stringContaining('No such container'),
    })
    await container.remove()
  })

  test('of an unknown user: START_FAILED', async () => {
    await expect(lifeOf({ user: 'nobody-here' })).rejects.toMatchObject({ code: 'ERR_COOKIETIN_START_FAILED' })
  })

  test('of a missing network: NETWORK_NOT_FOUND with its name', async () => {
    const life = lifeOf({ disableNet: false }, { dockerNetworks: ['no-such-net'] })
    await expect(life).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_NETWORK_NOT_FOUND',
      message: expect.stringContaining('no-such-net'),
    })
  })

  test('of a log server that does not answer: START_FAILED', async () => {
    await expect(lifeOf({ loggerConfig: { url: 'tcp://127.0.0.1:1' } })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_START_FAILED',
      message: expect.stringContaining('logging driver'),
    })
  })

  test('of a missing image with pull: never: IMAGE_NOT_FOUND', async () => {
    const life = lifeOf({ image: 'cookietin-test/none:1', pull: 'never' })
    await expect(life).rejects.toMatchObject({ code: 'ERR_COOKIETIN_IMAGE_NOT_FOUND' })
  })
})

describe('freeze', () => {
  // The engine does not know of a container that is frozen by its control group's file.
  test.each([
    ['engine', 'paused'],
    ['cgroup', 'running'],
  ] as const)('and thaw are idempotent (freezer: %s)', async (freezer, status) => {
    await using run = await running(undefined, { freezer })
    await run.container.pause()
    await run.container.pause()
    expect(await run.status()).toBe(status)
    await run.container.unpause()
    await run.container.unpause()
    expect(await run.status()).toBe('running')
  })

  test('a frozen container can be killed without running again', async () => {
    await using run = await running({ command: ['sh', '-c', 'trap "echo ran" TERM; sleep 30'] })
    await run.container.pause()
    await run.container.kill()
    expect(await run.container.wait()).toMatchObject({ exitCode: 137, oomKilled: false })
  })

  test('a frozen container can be removed', async () => {
    await using run = await running()
    await run.container.pause()
    await run.container.remove()
    expect(await run.driver.leftovers()).toEqual([])
  })

  test('a container that has ended cannot be frozen', async () => {
    await using run = await running({ command: ['true'] })
    await run.container.wait()
    await expect(run.container.pause()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
    await run.container.unpause()
  })
})

describe('kill', () => {
  test('is idempotent, also after the end', async () => {
    await using run = await running()
    await Promise.all([run.container.kill(), run.container.kill()])
    expect(await run.container.wait()).toMatchObject({ exitCode: 137 })
    await run.container.kill()
  })

  test('during the start waits for the start', async () => {
    await using driver = await testEngine()
    const container = driver.container({ command: ['sleep', '30'] })
    await container.prepare(never)
    const started = container.start(streamsOf(), noEvents)
    await container.kill()
    await started
    expect(await container.wait()).toMatchObject({ exitCode: 137 })
    await container.remove()
  })

  test('before the start does nothing, and the container can no longer be started', async () => {
    await using driver = await testEngine()
    const container = driver.container()
    await container.prepare(never)
    await container.kill()
    await expect(container.start(streamsOf(), noEvents)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
    await container.remove()
  })
})

describe('remove', () => {
  test('of a container that was never created', async () => {
    await using driver = await testEngine()
    await driver.container().remove()
  })

  test.for([0, 1, 2, 5, 10, 20, 40, 80, 120, 160])(
    '%s ms after the start was asked for: nothing is left',
    async delay => {
      await using driver = await testEngine()
      const container = driver.container({ command: ['sleep', '30'] })
      await container.prepare(never)
      const started = container.start(streamsOf(), noEvents).catch(() => {})
      await new Promise(resolve => setTimeout(resolve, delay))
      await Promise.all([container.remove(), container.remove()])
      await started
      await container.wait().catch(() => {})
      expect(await driver.leftovers()).toEqual([])
    },
  )

  test('after an abort at any moment of prepare leaves nothing', async () => {
    await using driver = await testEngine()
    for (const delay of [0, 1, 2, 3, 4, 6, 8]) {
      const container = driver.container()
      const aborter = new AbortController()
      const prepared = container.prepare(aborter.signal).catch((error: unknown) => error)
      setTimeout(() => aborter.abort(), delay)
      await prepared
      await container.remove()
      expect(await driver.leftovers()).toEqual([])
    }
  })

  test('succeeds while another client removes it', async () => {
    await using run = await running()
    await Promise.allSettled([
      engineRequest('DELETE', `/containers/${run.container.name}?force=true`),
      run.container.remove(),
      engineRequest('DELETE', `/containers/${run.container.name}?force=true`),
    ])
    expect(await run.driver.leftovers()).toEqual([])
  })

  test('releases the network once', async () => {
    await using driver = await testEngine({ dockerNetworks: ['bridge', 'none'] })
    const modes: string[] = []
    for (let run = 0; run < 4; run++) {
      const container = driver.container({ disableNet: false })
      await container.prepare(never)
      modes.push((container.options as { HostConfig: { NetworkMode: string } }).HostConfig.NetworkMode)
      await container.remove()
      await container.remove()
    }
    expect(modes).toEqual(['bridge', 'bridge', 'bridge', 'bridge'])
  })
})

describe('samples', () => {
  test('are taken while it runs, and end with it', async () => {
    await using run = await running({ command: ['sleep', '1.5'], memory: '32m' })
    const stats: Record<string, number>[] = []
    await run.container.stats$.forEach(({ metrics }) => {
      stats.push({ ...metrics })
    })
    expect(stats.length).toBeGreaterThan(0)
    expect(stats[0]).toMatchObject({ mem_limit: 32 * 2 ** 20, net_rx: 0 })
    expect(stats.every(({ mem_usage = 0 }) => mem_usage > 0)).toBe(true)
    await run.container.wait()
  })

  test('of a container that has ended complete at once', async () => {
    await using run = await running({ command: ['true'] })
    await run.container.wait()
    let count = 0
    await run.container.stats$.forEach(() => {
      count++
    })
    expect(count).toBe(0)
  })
})
