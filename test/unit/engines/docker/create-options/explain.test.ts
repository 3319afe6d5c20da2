import { describe, expect, test } from 'vitest'
import { allowNames } from '../../../../../src/engines/docker/config/allow.ts'
import { resolveDockerConfig } from '../../../../../src/engines/docker/config/config.ts'
import type { DockerConfig } from '../../../../../src/engines/docker/config/docker-config.ts'
import { createOptions } from '../../../../../src/engines/docker/create-options/build.ts'
import { explain } from '../../../../../src/engines/docker/create-options/explain.ts'
import { checkUser } from '../../../../../src/engines/docker/create-options/hardened.ts'
import { resolveTask } from '../../../../../src/task/resolve-task.ts'
import type { ContainerTask } from '../../../../../src/task/task.ts'

const facts = { labels: { some: 'label' }, hostname: 'here' }
const told = (task: Partial<ContainerTask> = {}, config: DockerConfig = {}) => {
  const resolved = resolveDockerConfig(config, {})
  return explain(resolveTask({ image: 'x', ...task }, resolved), resolved, facts)
}
const shownAs = (explanation: ReturnType<typeof told>, option: string) =>
  explanation.options.find(explained => explained.option === option)?.value

const all: Partial<ContainerTask> = {
  command: ['a'],
  env: { TOKEN: 'canary' },
  input: 'in',
  memory: '64m',
  cpus: 500,
  fsSize: 10,
  tmpFsSize: 5,
  ulimits: { nofile: 99 },
  volumes: [['/srv/in', '/in', 'ro']],
  workDir: '/w',
  user: '7:8',
  loggerConfig: { url: 'tcp://127.0.0.1:514' },
}

describe('an explanation', () => {
  test('has every create option of the create call, with a reason', () => {
    for (const task of [{}, all, { ...all, profile: 'hardened' } as const, { disableNet: true }]) {
      const resolved = resolveDockerConfig({}, {})
      const sent = createOptions(resolveTask({ image: 'x', ...task }), { ...resolved, hostname: 'here' }, facts.labels)
      const explanation = told(task)
      const { HostConfig, ...top } = sent
      const paths = [...Object.keys(top), ...Object.keys(HostConfig).map(name => `HostConfig.${name}`)]
      expect(explanation.options.map(({ option }) => option)).toEqual(paths)
      expect(explanation.options.filter(({ reason }) => reason === '')).toEqual([])
      expect(shownAs(explanation, 'HostConfig.PidsLimit')).toBe(HostConfig.PidsLimit)
      expect(explanation.loosened).toEqual([])
    }
  })

  test('shows the names of environment variables without their values', () => {
    expect(shownAs(told(all), 'Env')).toEqual(['TOKEN=•••'])
    expect(JSON.stringify(told(all))).not.toContain('canary')
  })

  test("runs the task's hook: what it edits has that as its reason, and what it loosens is listed", () => {
    const task = {
      containerOptions: (options: { Labels: Record<string, string>; HostConfig: Record<string, unknown> }) => {
        options.Labels.team = 'red'
        options.HostConfig.Privileged = true
        options.HostConfig.PidsLimit = -1
      },
    } as unknown as Partial<ContainerTask>
    const explanation = told(task)
    const byHook = explanation.options.filter(({ reason }) => reason === "the task's containerOptions")
    expect(byHook.map(({ option }) => option)).toEqual(['Labels', 'HostConfig.PidsLimit', 'HostConfig.Privileged'])
    expect(shownAs(explanation, 'HostConfig.PidsLimit')).toBe(-1)
    expect(explanation.loosened).toEqual(
      expect.arrayContaining(['containerOptions: privileged', 'containerOptions: limits']),
    )
    const throwing = () => {
      throw new Error('broken hook')
    }
    expect(() => told({ containerOptions: throwing })).toThrow('a function that throws (broken hook)')
  })

  test('lists the networks of which one is picked later', () => {
    const choices = (config: DockerConfig, task = {}) => shownAs(told(task, config), 'HostConfig.NetworkMode')
    expect(choices({ dockerNetworks: 'a b' })).toEqual(['a', 'b'])
    expect(choices({ dockerNetworks: 'host', allow: 'namespaces' })).toEqual(['host'])
    expect(choices({ preForkPoolSize: 1 })).toEqual(['container:<a namespace of the prefork pool>'])
    const all = (config: DockerConfig, task = {}) =>
      told(task, config).options.flatMap(({ option, value }) => (option === 'HostConfig.NetworkMode' ? [value] : []))
    const pooled = ['container:<a namespace of the prefork pool>']
    for (const task of [{ disableNet: true }, { profile: 'hardened' }]) {
      expect(all({ preForkPoolSize: 1 }, task)).toEqual(['none', pooled])
      expect(all({ preForkPoolSize: 1, preForkNetworks: 'a' }, task)).toEqual(['none'])
      expect(all({ preForkPoolSize: 1, preForkNetworks: 'a none' }, task)).toEqual(['none', pooled])
    }
    expect(all({ preForkPoolSize: 1, preForkUseOnce: false }, { profile: 'hardened' })).toEqual(['none'])
  })

  test("lists the host's network among what is loosened, whose name allow must list", () => {
    const config: DockerConfig = { dockerNetworks: 'web host', preForkNetworks: 'container:x', allow: 'namespaces' }
    expect(told({}, config).loosened).toEqual([
      ...['allow: namespaces', 'dockerNetworks: host', 'preForkNetworks: container:x'],
    ])
    expect(() => told({}, { ...config, allow: [] })).toThrow("unless allow lists 'namespaces'")
  })

  test('lists the names of all parts that the config loosens', () => {
    const config: DockerConfig = { allow: allowNames, allowDangerousMounts: true, enableTini: false, pids: 0 }
    expect(told({}, { ...config, preForkPoolSize: 1, preForkUseOnce: false }).loosened).toEqual([
      ...allowNames.map(name => `allow: ${name}`),
      ...['allowDangerousMounts', 'enableTini: false', 'pids: 0', 'preForkUseOnce: false'],
    ])
  })
})

describe('allow', () => {
  const host = (allow: DockerConfig['allow'], task: Partial<ContainerTask> = {}) => {
    const config = resolveDockerConfig({ allow }, {})
    const resolved = resolveTask({ image: 'x', memory: '64m', ...task }, config)
    return createOptions(resolved, { ...config, hostname: 'here' }, {})
  }
  const hardened = { profile: 'hardened' } as const

  test('gives up exactly the named part', () => {
    const closed = host([]).HostConfig
    expect(host('capabilities').HostConfig).toEqual({ ...closed, CapDrop: [] })
    expect(host('new-privileges').HostConfig).toEqual({ ...closed, SecurityOpt: [] })
    const { MemorySwap: _, ...swap } = closed
    expect(host('swap').HostConfig).toEqual(swap)
    const { LogConfig: __, ...logs } = closed
    expect(host('log-files').HostConfig).toEqual(logs)
    for (const name of allowNames.filter(name => name.startsWith('hardened-'))) {
      expect(host([name]).HostConfig).toEqual(closed)
    }
  })

  test('gives up parts of the hardened profile', () => {
    const closed = host([], hardened)
    expect(host('hardened-writable-root', hardened).HostConfig).toEqual({ ...closed.HostConfig, ReadonlyRootfs: false })
    expect(host('hardened-shared-memory', hardened).HostConfig).not.toHaveProperty('IpcMode')
    expect(host('hardened-network', hardened)).toMatchObject({ Hostname: 'here' })
    expect(host('hardened-network', hardened).HostConfig).not.toHaveProperty('NetworkMode')
    expect(host('hardened-root', hardened)).not.toHaveProperty('User')
    const root = resolveTask({ image: 'x', user: 'root', ...hardened })
    expect(() => checkUser(root, { allow: [] })).toThrow(/user: 'root' is not allowed/)
    expect(() => checkUser(root, { allow: ['hardened-root'] })).not.toThrow()
  })

  test('passes the runtime on', () => {
    const config = resolveDockerConfig({ runtime: 'runsc' }, {})
    expect(createOptions(resolveTask({ image: 'x' }), { ...config, hostname: undefined }, {}).HostConfig.Runtime).toBe(
      'runsc',
    )
  })
})
