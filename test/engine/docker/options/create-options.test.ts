import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { resolveDockerConfig } from '../../../../src/engines/docker/config/config.ts'
import type { CreateOptions } from '../../../../src/engines/docker/create-options/create-options.ts'
import { createDockerEngine } from '../../../../src/engines/docker/engine.ts'
import type { ContainerTask } from '../../../../src/task/task.ts'
import { live, testEngine } from '../../../support/engine/docker.ts'
import { engineAddress, engineRequest } from '../../../support/engine/request.ts'
import { testImage } from '../../../support/images/images.ts'
import { checkLeaks } from '../../../support/leaks/hooks.ts'

checkLeaks()

/** The output of a task's script, standard error included. */
async function said(script: string, task: Partial<ContainerTask> = {}, config = {}) {
  await using driver = await testEngine(config)
  const container = driver.container({ command: ['sh', '-c', `{ ${script}; } 2>&1`], ...task })
  const { stdout } = await live(container)
  await container.remove()
  return stdout.trim()
}

describe('create options, seen from inside', () => {
  test('deny capabilities and new privileges, filter system calls and limit processes', async () => {
    const status = await said(
      'grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status; cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null',
    )
    expect(status.replaceAll('\t', ' ').split('\n')).toEqual([
      'CapEff: 0000000000000000',
      'CapBnd: 0000000000000000',
      'NoNewPrivs: 1',
      'Seccomp: 2',
      '256',
    ])
  })

  test('of the hardened profile: not root, only a bounded noexec /tmp is writable, no network', async () => {
    const hardened = { profile: 'hardened' } as const
    expect(await said('id -u; id -g', hardened)).toBe('65532\n65532')
    expect(
      await said('for d in / /etc /dev /dev/shm; do touch $d/x && echo open $d; done; true', hardened),
    ).not.toContain('open')
    expect(await said('cp /bin/busybox /tmp/b && chmod 755 /tmp/b && /tmp/b true', hardened)).toMatch(
      /permission denied/i,
    )
    expect(await said('head -c 100000000 /dev/zero > /tmp/f; wc -c < /tmp/f', hardened)).toContain(String(64 * 2 ** 20))
    expect(await said('ls /sys/class/net', hardened)).toBe('lo')
    expect(await said('ulimit -n; ulimit -c', hardened)).toBe('1024\n0')
  })

  test('of the hardened profile reject root by name', async () => {
    await using driver = await testEngine()
    for (const user of ['root', '0', '0:1000', '00']) {
      expect(() => driver.container({ profile: 'hardened', user })).toThrow(/user: '\S+' is not allowed/)
    }
  })

  test('limit memory without swap', async () => {
    await using driver = await testEngine()
    const container = driver.container({ memory: '32m' })
    await container.prepare(new AbortController().signal)
    const { HostConfig } = (await engineRequest('GET', `/containers/${container.name}/json`)) as {
      HostConfig: { Memory: number; MemorySwap: number }
    }
    expect([HostConfig.Memory, HostConfig.MemorySwap]).toEqual([32 * 2 ** 20, 32 * 2 ** 20])
    await container.remove()
  })
})

test('a file of images is loaded when the driver is created', async () => {
  await using driver = await testEngine()
  const folder = await mkdtemp('/tmp/ct-')
  const copy = 'cookietin-test/loaded:1'
  await engineRequest('POST', `/images/${testImage}/tag?repo=cookietin-test/loaded&tag=1`)
  const archive = await new Promise<Buffer>((resolve, reject) => {
    const call = request({ ...engineAddress(), path: `/images/${copy}/get`, agent: false }, response => {
      buffer(response).then(resolve, reject)
    })
    call.on('error', reject).end()
  })
  await writeFile(join(folder, 'images.tar'), archive)
  await engineRequest('DELETE', `/images/${copy}?noprune=true`)
  const engine = await createDockerEngine(
    resolveDockerConfig({ dockerLoadFile: join(folder, 'images.tar') }, process.env),
  )
  await engine.close()
  const container = driver.container({ image: copy, command: ['echo', 'loaded'] })
  expect((await live(container)).stdout).toBe('loaded\n')
  await container.remove()
  await engineRequest('DELETE', `/images/${copy}?noprune=true`)
  await rm(folder, { recursive: true })
})

describe('edited create options', () => {
  test('may relax only the parts that allow lists, which are reported', async () => {
    await using driver = await testEngine({ allow: ['security-options'] })
    const transitions: string[] = []
    driver.engine.transitions$.subscribe(({ machine, id, to, event }) =>
      transitions.push(`${machine} ${id}: ${to}, ${event}`),
    )
    const named = driver.container({ id: 'named', command: ['grep', 'Seccomp:', '/proc/self/status'] })
    ;(named.options as CreateOptions).HostConfig.SecurityOpt.push('seccomp=unconfined')
    expect((await live(named)).stdout).toBe('Seccomp:\t0\n')
    await named.remove()
    expect(transitions).toEqual(['profile named: loosened, security-options'])

    const unnamed = driver.container({ command: ['true'] })
    Object.assign((unnamed.options as CreateOptions).HostConfig, { Privileged: true, PidMode: 'host' })
    await expect(unnamed.prepare(new AbortController().signal)).rejects.toThrow(
      /listed as 'privileged' in the config's allow(?:.|\n)*listed as 'namespaces' in/,
    )
    expect(await driver.leftovers()).toEqual([])
  })

  test.for<[string, (options: CreateOptions) => void]>([
    ['a key in lower case', ({ HostConfig }) => Object.assign(HostConfig, { capadd: ['SYS_ADMIN'] })],
    [
      'a network beside the one that is none',
      o => Object.assign(o, { NetworkingConfig: { EndpointsConfig: { bridge: {} } } }),
    ],
    ['a volume', o => Object.assign(o, { Volumes: { '/data': {} } })],
    ['a /tmp without bounds', ({ HostConfig }) => Object.assign(HostConfig, { Tmpfs: { '/tmp': 'rw,exec' } })],
    ['a path that is not normalised', ({ HostConfig }) => Object.assign(HostConfig, { Binds: ['/tmp/../etc:/x'] })],
  ])('that loosen the hardened profile are refused: %s', async ([, edit]) => {
    await using driver = await testEngine()
    const container = driver.container({ profile: 'hardened', command: ['true'] })
    edit(container.options as CreateOptions)
    await expect(container.prepare(new AbortController().signal)).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_INVALID_TASK',
    })
    expect(await driver.leftovers()).toEqual([])
  })

  test('that loosen nothing take effect', async () => {
    await using driver = await testEngine()
    const container = driver.container({
      profile: 'hardened',
      command: ['sh', '-c', 'echo $MORE; cat /proc/self/oom_score_adj'],
    })
    const options = container.options as CreateOptions
    options.Env.push('MORE=more')
    options.HostConfig.OomScoreAdj = 600
    Object.assign(options, { StopTimeout: 1 })
    expect((await live(container)).stdout).toBe('more\n600\n')
    await container.remove()
  })

  test('keep the labels by which a leftover container is found', async () => {
    await using driver = await testEngine()
    const container = driver.container({ id: 'labelled', command: ['true'] })
    Object.assign(container.options, { Labels: { team: 'bakers' } })
    await container.prepare(new AbortController().signal)
    const { Config } = (await engineRequest('GET', `/containers/${container.name}/json`)) as {
      Config: { Labels: Record<string, string> }
    }
    expect(Config.Labels).toMatchObject({ team: 'bakers', 'cookietin.id': 'labelled' })
    expect(await driver.leftovers()).toEqual([container.name])
    await container.remove()
  })
})
