import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { filter, firstValueFrom } from 'rxjs'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { HostOptions } from '../../../src/engines/docker/create-options/create-options.ts'
import {
  type ContainerTask,
  type Cookie,
  createDockerDriver,
  type DockerDriver,
  type FnConfig,
} from '../../../src/index.ts'
import { startProxy } from '../../support/engine/proxy.ts'
import { containersWith, engineAddress, engineRequest } from '../../support/engine/request.ts'
import { ensureTestImage, testImage } from '../../support/images/images.ts'
import { shell } from '../setup.ts'

/** A driver with a config in Fn's JSON. */
async function driverOf(config: FnConfig): Promise<DockerDriver> {
  await ensureTestImage()
  const driver = await createDockerDriver(JSON.parse(JSON.stringify(config)) as FnConfig)
  onTestFinished(() => driver.close())
  return driver
}

/** The output of a script on a driver of this config. */
async function said(config: FnConfig, script: string, task: Partial<ContainerTask> = {}): Promise<string> {
  const driver = await driverOf(config)
  await using cookie = await driver.createCookie(shell(script, task))
  const { stdout } = await (await cookie.run()).wait()
  return String(stdout).trim()
}

/** Two networks, for one test. */
async function twoNetworks(): Promise<[string, string]> {
  const names: [string, string] = [`ct-a-${process.pid}`, `ct-b-${process.pid}`]
  for (const Name of names) await engineRequest('POST', '/networks/create', { Name, CheckDuplicate: true })
  onTestFinished(async () => {
    for (const name of names) await engineRequest('DELETE', `/networks/${name}`)
  })
  return names
}

const networkOf = (cookie: Cookie) => (cookie.containerOptions as { HostConfig: HostOptions }).HostConfig.NetworkMode

describe("Fn's config, key by key", () => {
  test('docker: connects to the named engine', async () => {
    const proxy = await startProxy()
    expect(await said({ docker: `unix://${proxy.socketPath}` }, 'echo there')).toBe('there')
    expect(proxy.requests.some(line => line.startsWith('POST /containers/create'))).toBe(true)
    onTestFinished(() => proxy[Symbol.asyncDispose]())
  })

  test('docker_networks: cookies are spread over the networks, and each ending releases one', async () => {
    const [a, b] = await twoNetworks()
    const driver = await driverOf({ docker_networks: `${a} ${b}` })
    const prepared = async (task: ContainerTask) => {
      const cookie = await driver.createCookie(task)
      await cookie.prepare().catch(() => {})
      return cookie
    }
    const online = { disableNet: false }
    const four = await Promise.all([1, 2, 3, 4].map(() => prepared(shell('true', online))))
    expect(four.map(networkOf).sort()).toEqual([a, a, b, b])
    await Promise.all(four.map(cookie => cookie.close()))

    const endings: Record<string, { task: ContainerTask; end?: (cookie: Cookie) => unknown }> = {
      success: { task: shell('true', online) },
      error: { task: shell('exit 3', online) },
      timeout: { task: shell('sleep 60', { ...online, timeout: 100 }) },
      killed: { task: shell('sleep 60', online), end: cookie => cookie.kill() },
      cancelled: { task: shell('sleep 60', online), end: cookie => cookie.cancel() },
      'no such image': { task: { ...shell('true', online), image: 'cookietin-test/absent', pull: 'never' } },
      'no such user': { task: shell('true', { ...online, user: 'nobody-here' }) },
    }
    for (const [name, { task, end }] of Object.entries(endings)) {
      const cookie = await prepared(task)
      const run = cookie.run().then(({ wait }) => wait())
      await end?.(cookie)
      await run.catch(() => {})
      await cookie.close()
      // The first of two equally used networks is taken. A lease that was not released would send the next to the other.
      const next = await prepared(shell('true', online))
      expect(networkOf(next), name).toBe(a)
      await next.close()
    }
    expect(networkOf(await prepared(shell('true')))).toBe('none')
  })

  test('docker_load_file: the images are loaded', async () => {
    await ensureTestImage()
    const copy = 'cookietin-test/fn-loaded:1'
    await engineRequest('POST', `/images/${testImage}/tag?repo=cookietin-test/fn-loaded&tag=1`)
    const archive = await new Promise<Buffer>((resolve, reject) => {
      const call = request({ ...engineAddress(), path: `/images/${copy}/get`, agent: false }, response => {
        buffer(response).then(resolve, reject)
      })
      call.on('error', reject).end()
    })
    const folder = await mkdtemp('/tmp/ct-')
    await writeFile(join(folder, 'images.tar'), archive)
    await engineRequest('DELETE', `/images/${copy}?noprune=true`)
    const task = { image: copy, pull: 'never' } as const
    expect(await said({ docker_load_file: join(folder, 'images.tar') }, 'echo loaded', task)).toBe('loaded')
    await rm(folder, { recursive: true })
    onTestFinished(() => engineRequest('DELETE', `/images/${copy}?noprune=true`).then(() => {}))
  })

  test('server_version: an older engine is rejected with both versions', async () => {
    const { Version } = (await engineRequest('GET', '/version')) as { Version: string }
    await expect(driverOf({ server_version: '999.1' })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_API_VERSION',
      message: expect.stringMatching(new RegExp(`version ${Version.replaceAll('+', '\\+')}.*999\\.1`)),
    })
    await (await driverOf({ server_version: Version })).close()
  })

  test('pre_fork_pool_size, pre_fork_image, pre_fork_cmd, pre_fork_networks: decide the holders of the pool', async () => {
    const [a, b] = await twoNetworks()
    const driver = await driverOf({
      pre_fork_pool_size: 2,
      pre_fork_image: testImage,
      pre_fork_cmd: 'sleep 1234',
      pre_fork_networks: `${a} ${b}`,
    })
    expect(await firstValueFrom(driver.prefork$.pipe(filter(({ free }) => free === 2)))).toMatchObject({ size: 2 })
    const cookie = await driver.createCookie(shell('ip -o -4 addr | grep -c eth0', { disableNet: false }))
    await cookie.prepare()
    const holder = networkOf(cookie)?.replace('container:', '')
    const { Config, HostConfig, Name } = (await engineRequest('GET', `/containers/${holder}/json`)) as {
      Name: string
      Config: { Image: string; Cmd: string[]; Labels: Record<string, string> }
      HostConfig: { NetworkMode: string }
    }
    expect([Config.Image, Config.Cmd, HostConfig.NetworkMode]).toEqual([testImage, ['sleep', '1234'], a])
    const holders = (await containersWith(`cookietin.instance=${Config.Labels['cookietin.instance']}`)).filter(name =>
      name.includes('-namespace-'),
    )
    expect(holders).toHaveLength(2)
    expect(`/${holders.find(name => `/${name}` === Name)}`).toBe(Name)
    expect((await (await cookie.run()).wait()).stdout).toBe('1\n')
    await cookie.close()
    await driver.close()
    expect(await containersWith(`cookietin.instance=${Config.Labels['cookietin.instance']}`)).toEqual([])
  })

  test.each([
    [undefined, 'removing'],
    [1, 'removing'],
    [0, 'free'],
  ])('pre_fork_use_once %j: a released namespace is %s', async (once, fate) => {
    const driver = await driverOf({ pre_fork_pool_size: 1, ...(once !== undefined && { pre_fork_use_once: once }) })
    await firstValueFrom(driver.prefork$.pipe(filter(({ free }) => free === 1)))
    const released = firstValueFrom(driver.driverTransitions$.pipe(filter(({ event }) => event === 'release')))
    const cookie = await driver.createCookie(shell('true', { disableNet: false }))
    await (await cookie.run()).wait()
    expect(await released).toMatchObject({ machine: 'namespace', from: 'leased', to: fate })
    await cookie.close()
  })

  test('max_tmpfs_inodes: limits the files in a /tmp with a size', async () => {
    expect(await said({ max_tmpfs_inodes: 99 }, 'mount | grep " /tmp "', { tmpFsSize: 2 })).toContain('nr_inodes=99')
  })

  test('enable_readonly_rootfs: only /tmp is writable', async () => {
    expect(
      await said({ enable_readonly_rootfs: true }, 'touch /x 2>/dev/null || echo closed; touch /tmp/x && echo open'),
    ).toBe('closed\nopen')
  })

  test('enable_tini: decides whether the first process is an init process', async () => {
    expect(await said({ enable_tini: true }, 'cat /proc/1/comm; true')).toMatch(/init|tini/)
    expect(await said({ enable_tini: false }, 'cat /proc/1/comm; true')).toBe('sh')
  })
})
