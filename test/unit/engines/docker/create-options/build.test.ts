import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createOptions } from '../../../../../src/engines/docker/create-options/build.ts'
import { resolveTask } from '../../../../../src/task/resolve-task.ts'
import type { ContainerTask } from '../../../../../src/task/task.ts'

const defaults = { enableTini: true, pids: 256, enableReadonlyRootfs: false, maxTmpfsInodes: 0, hostname: 'here' }
const options = (task: Partial<ContainerTask>, more: Partial<typeof defaults> = {}) =>
  createOptions(resolveTask({ image: 'x', id: 'one', ...task }), { ...defaults, ...more }, { some: 'label' })

describe('create options', () => {
  test('of a minimal task deny everything', () => {
    expect(options({})).toEqual({
      Image: 'x',
      Env: [],
      Labels: { some: 'label' },
      Hostname: 'here',
      Tty: false,
      AttachStdin: false,
      AttachStdout: true,
      AttachStderr: true,
      OpenStdin: false,
      StdinOnce: false,
      HostConfig: {
        Init: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges:true'],
        PidsLimit: 256,
        ReadonlyRootfs: false,
        LogConfig: { Type: 'none', Config: {} },
        RestartPolicy: { Name: 'no' },
      },
    })
  })

  test('of a task with every field', () => {
    const task: Partial<ContainerTask> = {
      command: ['a', 'b c'],
      env: { A: '1', B: 'x=y' },
      input: 'in',
      memory: '64m',
      cpus: 1500,
      fsSize: 10,
      tmpFsSize: 5,
      pids: 9,
      ulimits: { nofile: 99 },
      volumes: [
        ['/srv/in', '/in', 'ro'],
        ['/srv/out', '/out'],
      ],
      workDir: '/w',
      user: '7:8',
      disableNet: true,
      loggerConfig: { url: 'tcp://127.0.0.1:514', tags: { app: 'a', run: '7' } },
      udsPath: '/srv/uds',
    }
    expect(options(task, { maxTmpfsInodes: 77 })).toMatchObject({
      Cmd: ['a', 'b c'],
      Env: ['A=1', 'B=x=y'],
      AttachStdin: true,
      OpenStdin: true,
      StdinOnce: true,
      WorkingDir: '/w',
      User: '7:8',
      HostConfig: {
        Memory: 64 * 2 ** 20,
        MemorySwap: 64 * 2 ** 20,
        CpuQuota: 150_000,
        CpuPeriod: 100_000,
        StorageOpt: { size: '10M' },
        Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=5m,nr_inodes=77' },
        PidsLimit: 9,
        Ulimits: [{ Name: 'nofile', Soft: 99, Hard: 99 }],
        Mounts: [
          { Type: 'bind', Source: '/srv/in', Target: '/in', ReadOnly: true },
          { Type: 'bind', Source: '/srv/out', Target: '/out', ReadOnly: false },
          { Type: 'bind', Source: '/srv/uds', Target: '/tmp/iofs', ReadOnly: false },
        ],
        NetworkMode: 'none',
        LogConfig: {
          Type: 'syslog',
          Config: {
            'syslog-address': 'tcp://127.0.0.1:514',
            'syslog-facility': 'user',
            'syslog-format': 'rfc5424',
            tag: 'app=a,run=7',
          },
        },
      },
    })
    expect(options(task)).not.toHaveProperty('Hostname')
  })

  test('of the hardened profile', () => {
    expect(options({ profile: 'hardened', ulimits: { nofile: 50 } })).toMatchObject({
      User: '65532:65532',
      HostConfig: {
        CapDrop: ['ALL'],
        ReadonlyRootfs: true,
        Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=64m,nr_inodes=16384' },
        NetworkMode: 'none',
        IpcMode: 'none',
        OomScoreAdj: 500,
        Ulimits: [
          { Name: 'nofile', Soft: 50, Hard: 50 },
          { Name: 'core', Soft: 0, Hard: 0 },
        ],
      },
    })
    expect(options({ profile: 'hardened' })).not.toHaveProperty('Hostname')
  })

  test('of the hardened profile limit processes to 128 at most, also where the config has no limit', () => {
    const limit = (pids: number) => options({ profile: 'hardened' }, { pids }).HostConfig.PidsLimit
    expect([0, 10, 128, 256].map(limit)).toEqual([128, 10, 128, 128])
  })

  test('with a read-only root have a /tmp', () => {
    expect(options({}, { enableReadonlyRootfs: true }).HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev' },
    })
  })

  test('of any combination of task fields open nothing', () => {
    const open =
      /"(Privileged|CapAdd|Binds|Devices|DeviceRequests|PidMode|UTSMode|UsernsMode|PortBindings|PublishAllPorts|VolumesFrom|Runtime|Sysctls)"/
    fc.assert(
      fc.property(
        fc.record(
          {
            command: fc.array(fc.constantFrom('sh', '--privileged', '-v', '/:/host')),
            user: fc.constantFrom('root', '0', '1000'),
            disableNet: fc.boolean(),
            profile: fc.constantFrom('default' as const, 'hardened' as const),
            pids: fc.integer({ min: 1, max: 1000 }),
            extensions: fc.dictionary(
              fc.constantFrom('Privileged', 'CapAdd', 'NetworkMode'),
              fc.constantFrom('true', 'host'),
            ),
            tmpFsSize: fc.nat(100),
            volumes: fc.constant([['/srv/data', '/data']] as [string, string][]),
          },
          { requiredKeys: [] },
        ),
        task => {
          const made = options(task as Partial<ContainerTask>)
          expect(JSON.stringify(made)).not.toMatch(open)
          expect(made.HostConfig.CapDrop).toEqual(['ALL'])
          expect(made.HostConfig.SecurityOpt).toEqual(['no-new-privileges:true'])
          expect(['none', undefined]).toContain(made.HostConfig.NetworkMode)
        },
      ),
    )
  })
})
