import fc from 'fast-check'
import { expect, test } from 'vitest'
import { resolveDockerConfig } from '../../../../../src/engines/docker/config/config.ts'
import { createOptions } from '../../../../../src/engines/docker/create-options/build.ts'
import { checkUser } from '../../../../../src/engines/docker/create-options/hardened.ts'
import { checkTaskOptions } from '../../../../../src/engines/docker/create-options/task-options.ts'
import { CookietinError } from '../../../../../src/errors.ts'
import { resolveTask } from '../../../../../src/task/resolve-task.ts'
import type { ContainerTask } from '../../../../../src/task/task.ts'

/** Forbidden names of options: each gives access to the host. */
const forbidden = [
  ...['Privileged', 'CapAdd', 'Devices', 'DeviceRequests', 'DeviceCgroupRules', 'PidMode', 'UTSMode', 'UsernsMode'],
  ...[
    'CgroupParent',
    'CgroupnsMode',
    'PortBindings',
    'PublishAllPorts',
    'VolumesFrom',
    'Runtime',
    'Sysctls',
    'GroupAdd',
    'Links',
  ],
  ...['OomKillDisable', 'AutoRemove', 'VolumeDriver', 'Isolation', 'Cgroup', 'ExposedPorts'],
]

/** Values that are dangerous for an engine, and paths that control the host. */
const tricky = fc.constantFrom(
  ...[
    'host',
    'container:x',
    'ALL',
    'SYS_ADMIN',
    'seccomp=unconfined',
    'apparmor=unconfined',
    '--privileged',
    'private',
    'shareable',
  ],
  ...[
    '/',
    '/etc',
    '/proc',
    '/var/run/docker.sock',
    '/run/docker.sock',
    '/run/containerd/containerd.sock',
    '/var/lib/docker',
    '/srv/data',
  ],
  ...[
    '/tmp/../etc',
    '/dev/sda',
    '/home/me/docker.sock',
    '/sys/fs/cgroup',
    'root',
    '0',
    '0:0',
    '00',
    'nobody',
    '1000:1000',
    '',
    'true',
  ],
)
const anything = fc.oneof(tricky, fc.string(), fc.integer(), fc.boolean(), fc.constant(undefined))
const path = fc.oneof(
  tricky,
  fc.string().map(text => `/${text}`),
)

const fields = {
  command: fc.oneof(tricky, fc.array(tricky)),
  env: fc.dictionary(fc.constantFrom('PATH', 'LD_PRELOAD', 'A'), tricky),
  user: tricky,
  workDir: path,
  disableNet: fc.boolean(),
  profile: fc.constantFrom('default', 'hardened', 'privileged'),
  pids: fc.integer({ min: -1, max: 10_000 }),
  memory: fc.oneof(fc.integer({ min: 0 }), fc.constantFrom('64m', '-1')),
  cpus: fc.integer({ min: 0, max: 10_000 }),
  fsSize: fc.nat(100),
  tmpFsSize: fc.nat(100),
  ulimits: fc.dictionary(fc.constantFrom('nofile', 'core', 'memlock', 'nproc', 'rtprio'), fc.integer({ min: -1 })),
  volumes: fc.array(fc.oneof(fc.tuple(path, path), fc.tuple(path, path, fc.constantFrom('ro', 'rw', 'z')), tricky)),
  udsPath: path,
  loggerConfig: fc.record({ url: fc.oneof(tricky, fc.constant('tcp://127.0.0.1:514')) }, { requiredKeys: [] }),
  capAdd: fc.array(tricky),
  network: tricky,
  runtime: tricky,
  gpus: fc.oneof(fc.integer({ min: 0, max: 2 }), fc.constant('all')),
  tmpfs: fc.dictionary(path, fc.constantFrom('1m', 0)),
  extensions: fc.dictionary(fc.constantFrom(...forbidden, 'NetworkMode', 'SecurityOpt', 'IpcMode'), tricky),
  pull: fc.constantFrom('missing', 'always', 'never'),
  input: fc.constantFrom('x', undefined),
  // Fields that tasks do not have.
  ...Object.fromEntries(['HostConfig', 'privileged', 'networkMode', 'securityOpt'].map(name => [name, anything])),
}

/** Some fields at a time: with all at once, one would always be rejected. */
const tasks = fc
  .subarray(Object.keys(fields), { maxLength: 4 })
  .chain(names => fc.record(Object.fromEntries(names.map(name => [name, fields[name as keyof typeof fields]]))))

const dangerous = /docker\.sock|containerd\.sock|^\/$|^\/(etc|proc|sys|dev|var\/lib\/docker|run|root)(\/|$)/

test('no combination of task fields gives privileges, capabilities, a host namespace or access to the engine', () => {
  const config = resolveDockerConfig({}, {})
  let accepted = 0
  fc.assert(
    fc.property(tasks, given => {
      let made: ReturnType<typeof createOptions>
      try {
        const task = resolveTask({ image: 'x', ...given } as unknown as ContainerTask, config)
        checkUser(task, config)
        checkTaskOptions(task, config)
        made = createOptions(task, { ...config, hostname: 'here' }, {})
      } catch (error) {
        // Rejected with a message.
        expect(error).toBeInstanceOf(CookietinError)
        return
      }
      accepted++
      const { HostConfig } = made
      for (const name of forbidden) {
        expect(made).not.toHaveProperty(name)
        expect(HostConfig).not.toHaveProperty(name)
      }
      expect(HostConfig.CapDrop).toEqual(['ALL'])
      expect(HostConfig.SecurityOpt).toEqual(['no-new-privileges:true'])
      expect(HostConfig.PidsLimit).toBeGreaterThan(0)
      expect(HostConfig.MemorySwap).toBe(HostConfig.Memory)
      expect([undefined, 'none']).toContain(HostConfig.NetworkMode)
      expect([undefined, 'none']).toContain(HostConfig.IpcMode)
      expect(['none', 'syslog']).toContain(HostConfig.LogConfig?.Type)
      for (const bind of HostConfig.Binds ?? []) expect(bind.split(':')[0]).not.toMatch(dangerous)
      for (const { Source } of HostConfig.Mounts ?? []) expect(Source).not.toMatch(dangerous)
      if (given.profile !== 'hardened') return
      expect([HostConfig.NetworkMode, HostConfig.IpcMode, HostConfig.ReadonlyRootfs]).toEqual(['none', 'none', true])
      expect(made.User).not.toMatch(/^(root|0+)(:|$)/)
    }),
    { numRuns: 3_000 },
  )
  // The test would prove nothing if all tasks were rejected.
  expect(accepted).toBeGreaterThan(300)
})
