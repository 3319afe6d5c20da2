import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { filter, firstValueFrom } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { DockerEngineDriver } from '../../../src/driver/docker-driver.ts'
import type { DockerConfig } from '../../../src/engines/docker/config/docker-config.ts'
import type { PreforkUsage } from '../../../src/engines/docker/network/pool.ts'
import type { DriverTransition } from '../../../src/engines/docker/transitions.ts'
import { createDockerDriver } from '../../../src/index.ts'
import { containersWith, engineRequest } from '../../support/engine/request.ts'
import { setup, shell, until } from '../setup.ts'

/** A setup whose pool is filled. */
async function pooled(config: DockerConfig, concurrency = 4) {
  const { driver, executor, containers } = await setup({ concurrency }, config)
  const engine = (driver as DockerEngineDriver).engine
  const transitions: DriverTransition[] = []
  engine.transitions$.subscribe(transition => transitions.push(transition))
  const reaches = (usage: Partial<PreforkUsage>) =>
    firstValueFrom(
      engine.prefork$.pipe(filter(now => Object.entries(usage).every(([key, value]) => now[key as 'free'] === value))),
    )
  await reaches({ free: config.preForkPoolSize ?? 0 })
  const holders = async () =>
    (await containersWith(`cookietin.instance=${engine.instance}`)).filter(name => name.includes('-namespace-'))
  const kill = (name: string) => engineRequest('POST', `/containers/${name}/kill`)
  const networks = () => transitions.filter(({ machine }) => machine === 'network').map(({ id, to }) => [id, to])
  /** What each cookie got of the pool, and why. */
  const reasons = () =>
    transitions.filter(({ machine }) => machine === 'network').map(({ id, to, event }) => [id, to, event])
  /** The number of its namespaces without a network. */
  const networkless = async () => {
    const modes = (await holders()).map(async name => {
      const { HostConfig } = (await engineRequest('GET', `/containers/${name}/json`)) as {
        HostConfig: { NetworkMode: string }
      }
      return HostConfig.NetworkMode
    })
    return (await Promise.all(modes)).filter(mode => mode === 'none').length
  }
  /** The state of each namespace after its cookie released it. */
  const releases = () => transitions.filter(({ event }) => event === 'release').map(({ to }) => to)
  return {
    ...{ driver, executor, containers, engine, transitions, reaches, holders, kill, networks, reasons },
    ...{ releases, networkless },
  }
}

/** Prints the network namespace and the number of its addresses. */
const where = 'readlink /proc/self/ns/net; ip -o -4 addr | grep -v 127.0.0.1 | wc -l'

describe('a pool', () => {
  test('leases a namespace with its network to each cookie, without a registry', async () => {
    const { executor, reaches, networks, engine, holders, releases } = await pooled({ preForkPoolSize: 2 })
    expect(await holders()).toHaveLength(2)
    const run = executor.run(shell(`${where}; sleep 0.2`, { id: 'aa', disableNet: false }))
    await reaches({ leased: 1, free: 1 })
    const { stdout } = await run
    expect(stdout).toMatch(/^net:\[\d+\]\n1\n$/)
    expect(networks()).toEqual([['aa', 'pooled']])
    await reaches({ free: 2 })
    await executor.run(shell('true', { disableNet: false }))
    await reaches({ free: 2 })
    // No namespace has served twice. Their numbers prove nothing, since the kernel reuses them.
    expect(releases()).toEqual(['removing', 'removing'])
    expect((await engine.reapOrphans({ dryRun: true })).filter(({ name }) => name.includes(engine.instance))).toEqual(
      [],
    )
  })

  test('that is empty leaves a cookie its own namespace and reports it', async () => {
    const { executor, networks, reaches } = await pooled({ preForkPoolSize: 1 })
    const first = executor.run(shell('sleep 30', { id: 'first', disableNet: false }))
    await until(first, 'running')
    const second = await executor.run(shell(where, { id: 'second', disableNet: false }))
    expect(second.stdout).toMatch(/^net:\[\d+\]\n1\n$/)
    expect(networks()).toEqual([
      ['first', 'pooled'],
      ['second', 'ownNamespace'],
    ])
    first.cancel()
    await first
    await reaches({ free: 1 })
  })

  test('gets every namespace back when cookies are closed during prepare', async () => {
    const { driver, reaches } = await pooled({ preForkPoolSize: 2 })
    for (let turn = 0; turn < 4; turn += 1) {
      // Its mount sources are checked before a namespace is leased.
      const task = shell('true', { disableNet: false, volumes: [['/usr/share/zoneinfo', '/x', 'ro']] })
      const cookie = await driver.createCookie(task)
      const prepared = cookie.prepare().catch(() => {})
      await cookie.close()
      await prepared
    }
    await reaches({ free: 2, leased: 0 })
  })

  test('serves tasks with and without a network, hardened ones, too, as they are asked for', async () => {
    const { executor, reaches, networks, networkless, transitions } = await pooled({ preForkPoolSize: 2 }, 1)
    expect(await networkless()).toBe(1)
    for (const [id, task] of Object.entries({ bare: {}, hard: { profile: 'hardened' } as const })) {
      expect((await executor.run(shell('ls /sys/class/net', { id, ...task }))).stdout).toBe('lo\n')
      await reaches({ free: 2 })
    }
    expect((await executor.run(shell(where, { id: 'wired', disableNet: false }))).stdout).toMatch(/\n1\n$/)
    expect(networks()).toEqual(['bare', 'hard', 'wired'].map(id => [id, 'pooled']))
    // It follows the demand: a namespace of the kind that nobody asks for is replaced.
    for (let turn = 0; turn < 8; turn += 1) {
      await reaches({ free: 2 })
      await executor.run(shell('true', { disableNet: false }))
    }
    await reaches({ free: 2 })
    expect(await networkless()).toBe(0)
    expect(transitions.filter(({ event }) => event === 'retire').length).toBeGreaterThan(0)
  })

  test('has namespaces of the kinds that preForkNetworks names, and reports a task that it cannot serve, with the reason', async () => {
    const without = await pooled({ preForkPoolSize: 1, preForkNetworks: 'none' })
    const inside = await without.executor.run(shell('ls /sys/class/net', { id: 'in', profile: 'hardened' }))
    const outside = await without.executor.run(shell(where, { id: 'out', disableNet: false }))
    expect([inside.stdout, outside.stdout.toString().split('\n')[1]]).toEqual(['lo\n', '1'])
    await without.executor.run(shell('true', { id: 'named', hostname: 'x', disableNet: false }))
    expect(without.reasons()).toEqual([
      ['in', 'pooled', 'lease'],
      ['out', 'ownNamespace', 'noneWithNetwork'],
      ['named', 'ownNamespace', 'ownHostname'],
    ])
    const wired = await pooled({ preForkPoolSize: 1, preForkNetworks: 'bridge' })
    expect((await wired.executor.run(shell('ls /sys/class/net', { id: 'bare' }))).stdout).toBe('lo\n')
    expect(wired.reasons()).toEqual([['bare', 'ownNamespace', 'noneWithoutNetwork']])
  })

  test('replaces a namespace holder that dies, free or leased', async () => {
    const { executor, reaches, holders, kill, transitions } = await pooled({ preForkPoolSize: 1 })
    const [before = ''] = await holders()
    await kill(before)
    await reaches({ free: 0 })
    await reaches({ free: 1 })
    expect(await holders()).not.toContain(before)
    const run = executor.run(shell('sleep 0.3; echo lived on', { disableNet: false }))
    await until(run, 'running')
    const [leased = ''] = await holders()
    await kill(leased)
    expect((await run).stdout).toBe('lived on\n')
    await reaches({ free: 1 })
    expect(transitions.filter(({ event }) => event === 'died')).toHaveLength(2)
  })

  test('moves a cookie to another namespace when its own died before the start, with all of its input', async () => {
    const { driver, reaches, holders, kill } = await pooled({ preForkPoolSize: 1 })
    const cookie = await driver.createCookie(shell('wc -c', { disableNet: false, input: 'x'.repeat(100_000) }))
    await cookie.prepare()
    const [before = ''] = await holders()
    await kill(before)
    await reaches({ leased: 0 })
    const { wait } = await cookie.run()
    expect(await wait()).toMatchObject({ status: 'success', stdout: '100000\n' })
    await cookie.close()
    // A death that was not noticed is reported by the start.
    await reaches({ free: 1 })
    const late = await driver.createCookie(shell('wc -c', { disableNet: false, input: 'y'.repeat(100_000) }))
    await late.prepare()
    const [second = ''] = await holders()
    const killed = kill(second)
    const run = await late.run()
    expect(await run.wait()).toMatchObject({ status: 'success', stdout: '100000\n' })
    await killed
    await late.close()
  })

  test('reuses a namespace only with preForkUseOnce: false, in the default profile, up to preForkMaxUses times', async () => {
    const config = { preForkPoolSize: 1, preForkUseOnce: false, preForkMaxUses: 2 }
    const { executor, networks, releases, reaches } = await pooled(config, 1)
    const spaces: string[] = []
    for (const id of ['u0', 'u1', 'u2']) {
      spaces.push(String((await executor.run(shell(where, { id, disableNet: false }))).stdout))
      await reaches({ free: 1 })
    }
    expect(spaces[0]).toBe(spaces[1])
    expect(releases()).toEqual(['free', 'removing', 'free'])
    expect(networks().map(([, to]) => to)).toEqual(['pooled', 'pooled', 'pooled'])
    const none = await pooled({ preForkPoolSize: 1, preForkUseOnce: false, preForkNetworks: ['none'] }, 1)
    await none.executor.run(shell('true', { id: 'hard', profile: 'hardened' }))
    expect(none.reasons()).toEqual([['hard', 'ownNamespace', 'reusedNamespaces']])
  })

  test('runs the image and command of the config', async () => {
    const { holders } = await pooled({ preForkPoolSize: 1, preForkImage: 'busybox', preForkCmd: 'sleep 1000' })
    const [name = ''] = await holders()
    const { Config } = (await engineRequest('GET', `/containers/${name}/json`)) as {
      Config: { Image: string; Cmd: string[] }
    }
    expect([Config.Image, Config.Cmd]).toEqual(['busybox', ['sleep', '1000']])
  })

  test('retries with pauses when its command ends at once or its network is missing, and cookies run without it', async () => {
    for (const config of [{ preForkImage: 'busybox', preForkCmd: 'true' }, { preForkNetworks: 'no-such-network' }]) {
      const { driver, executor } = await setup({}, { preForkPoolSize: 1, ...config })
      const engine = (driver as DockerEngineDriver).engine
      const failures: unknown[] = []
      engine.transitions$.subscribe(({ error }) => error === undefined || failures.push(error))
      await firstValueFrom(engine.transitions$.pipe(filter(({ to }) => to === 'pausing')))
      if ('preForkNetworks' in config) expect(failures[0]).toMatch(/no-such-network/)
      expect((await executor.run(shell('true', { disableNet: false }))).status).toBe('success')
    }
  })
})

test('32 cookies through a pool of 4 succeed and return every lease, while two namespace holders are killed', async () => {
  const { executor, reaches, holders, kill, networks } = await pooled({ preForkPoolSize: 4 }, 8)
  let ended = 0
  const killSome = async () => {
    const [victim] = await holders()
    if (victim !== undefined) await kill(victim).catch(() => {})
  }
  const runs = Array.from({ length: 32 }, async (_, index) => {
    const result = await executor.run(shell(`echo ${index}`, { disableNet: false }))
    if (++ended === 8 || ended === 20) await killSome()
    return result
  })
  const results = await Promise.all(runs)
  expect(results.map(({ status, stdout }) => `${status} ${stdout}`)).toEqual(
    Array.from({ length: 32 }, (_, index) => `success ${index}\n`),
  )
  await executor.onIdle()
  expect(await reaches({ free: 4 })).toEqual({ size: 4, free: 4, leased: 0, pending: 0 })
  expect(new Set(networks().map(([id]) => id)).size).toBe(32)
  expect(networks().filter(([, to]) => to === 'pooled').length).toBeGreaterThan(5)
}, 120_000)

test('namespace holders of a killed process are removed as orphans', async () => {
  const script = fileURLToPath(new URL('../../support/children/pool.ts', import.meta.url))
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [text] = (await once(child.stdout, 'data')) as [Buffer]
  const label = `cookietin.instance=${text.toString().trim()}`
  const { engine } = await pooled({ preForkPoolSize: 1 })
  await engine.reapOrphans()
  expect(await containersWith(label)).toHaveLength(2)
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  await engine.reapOrphans()
  expect(await containersWith(label)).toEqual([])
})

test('closing the pool removes the image that it made once for all holders', async () => {
  const untagged = async () => {
    const filters = encodeURIComponent(JSON.stringify({ dangling: ['true'] }))
    const images = (await engineRequest('GET', `/images/json?filters=${filters}`)) as { Size: number }[]
    return images.filter(({ Size }) => Size < 1_000).length
  }
  const before = await untagged()
  const driver = await createDockerDriver({ preForkPoolSize: 4 })
  await firstValueFrom(driver.prefork$.pipe(filter(({ free }) => free === 4)))
  await engineRequest('GET', '/images/cookietin/pause:1/json')
  await driver.close()
  await expect(engineRequest('GET', '/images/cookietin/pause:1/json')).rejects.toThrow('404')
  expect(await untagged()).toBe(before)
})
