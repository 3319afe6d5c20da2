import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type AllowName, allowNames } from '../../../../../src/engines/docker/config/allow.ts'
import { createOptions } from '../../../../../src/engines/docker/create-options/build.ts'
import { checkEditedOptions } from '../../../../../src/engines/docker/create-options/edited-options.ts'
import { resolveTask } from '../../../../../src/task/resolve-task.ts'
import type { ContainerTask } from '../../../../../src/task/task.ts'

const defaults = { enableTini: true, pids: 256, enableReadonlyRootfs: false, maxTmpfsInodes: 0, hostname: 'here' }
const own = (task: Partial<ContainerTask> = {}) =>
  createOptions(resolveTask({ image: 'x', id: 'one', memory: '64m', ...task }), defaults, { 'cookietin.id': 'one' })

interface Given {
  /** Edits of `HostConfig` and of the other options. */
  readonly host?: object
  readonly top?: object
  readonly task?: Partial<ContainerTask>
  readonly allow?: readonly AllowName[]
  readonly mounts?: boolean
}

/** Checks the options after these edits. */
async function check({ host = {}, top = {}, task, allow = [], mounts = false }: Given) {
  const options = own(task)
  Object.assign(options.HostConfig, host)
  Object.assign(options, top)
  const isHardened = task?.profile === 'hardened'
  return {
    options,
    loosened: await checkEditedOptions(options, own(task), {
      ...{ isHardened, allow, allowDangerousMounts: mounts, local: true },
    }),
  }
}

describe('checkEditedOptions', () => {
  const loose: [AllowName, Record<string, unknown>][] = [
    ['privileged', { Privileged: true }],
    ['capabilities', { CapDrop: [] }],
    ['capabilities', { CapDrop: undefined }],
    ['new-privileges', { SecurityOpt: [] }],
    ['new-privileges', { SecurityOpt: ['no-new-privileges:false'] }],
    ['security-options', { SecurityOpt: ['no-new-privileges:true', 'seccomp=unconfined'] }],
    ['security-options', { MaskedPaths: [] }],
    ['namespaces', { PidMode: 'host' }],
    ['namespaces', { IpcMode: 'container:other' }],
    ['namespaces', { UTSMode: 'host' }],
    ['namespaces', { UsernsMode: 'host' }],
    ['namespaces', { CgroupnsMode: 'host' }],
    ['namespaces', { NetworkMode: 'host' }],
    ['devices', { Devices: [{ PathOnHost: '/dev/kvm' }] }],
    ['devices', { DeviceRequests: [{ Count: -1 }] }],
    ['devices', { DeviceCgroupRules: ['c 10:* rwm'] }],
    ['other-volumes', { VolumesFrom: ['other'] }],
    ['ports', { PortBindings: { '80/tcp': [{ HostPort: '80' }] } }],
    ['ports', { PublishAllPorts: true }],
    ['limits', { PidsLimit: 0 }],
    ['limits', { PidsLimit: -1 }],
    ['limits', { PidsLimit: undefined }],
    ['limits', { OomKillDisable: true }],
    ['limits', { CgroupParent: '/' }],
    ['runtime', { Runtime: 'other' }],
    ['swap', { MemorySwap: -1 }],
    ['swap', { MemorySwap: undefined }],
    ['log-files', { LogConfig: { Type: 'json-file', Config: {} } }],
  ]
  test.each(loose)('rejects an edit that relaxes %s, unless allow lists it: %o', async (name, host) => {
    const isNamed = expect.objectContaining({
      code: 'ERR_COOKIETIN_INVALID_TASK',
      message: expect.stringContaining(`listed as '${name}' in the config's allow`) as string,
    }) as Error
    await expect(check({ host })).rejects.toThrow(isNamed)
    const others = allowNames.filter(other => other !== name)
    await expect(check({ host, allow: others })).rejects.toThrow(isNamed)
    // One edit of SecurityOpt may relax both.
    const allow: AllowName[] = name === 'new-privileges' ? [name, 'security-options'] : [name]
    expect((await check({ host, allow })).loosened).toContain(name)
  })

  test.each([
    ['hardened-root', { top: { User: '0:0' } }],
    ['hardened-root', { top: { User: undefined } }],
    ['hardened-writable-root', { host: { ReadonlyRootfs: false } }],
    ['hardened-network', { host: { NetworkMode: undefined } }],
    ['hardened-shared-memory', { host: { IpcMode: 'private' } }],
  ] as const)(
    'rejects an edit that relaxes %s of the hardened profile, unless allow lists it',
    async (name, change) => {
      const task = { profile: 'hardened' } as const
      await expect(check({ ...change, task })).rejects.toThrow(`listed as '${name}' in the config's allow`)
      expect((await check({ ...change, task, allow: [name] })).loosened).toEqual([name])
    },
  )

  test.each([{ Binds: ['/etc:/x:ro'] }, { Mounts: [{ Type: 'bind', Source: '/var/run/docker.sock', Target: '/x' }] }])(
    'rejects the mount of a dangerous path, unless allowDangerousMounts is set: %o',
    async host => {
      await expect(check({ host })).rejects.toThrow('allowDangerousMounts')
      expect((await check({ host, mounts: true })).loosened).toEqual(['allowDangerousMounts'])
    },
  )

  test('permits edits that relax nothing', async () => {
    const host = {
      CpuShares: 2,
      BlkioDeviceReadBps: [{ Path: '/dev/sda', Rate: 1 }],
      NetworkMode: 'my-net',
      Binds: ['/srv/data:/data:ro'],
      Mounts: [{ Type: 'tmpfs', Target: '/x' }],
      ShmSize: 1_000_000,
      PidsLimit: 10,
      MemorySwap: 64 * 2 ** 20,
    }
    expect((await check({ host })).loosened).toEqual([])
    expect((await check({})).loosened).toEqual([])
    expect((await check({ task: { profile: 'hardened', volumes: [['/srv', '/srv']] } })).loosened).toEqual([])
  })

  test('restores the labels by which a container is found and keeps added ones', async () => {
    const { options } = await check({ top: { Labels: { team: 'bakers', 'cookietin.id': 'other' } } })
    expect(options.Labels).toEqual({ team: 'bakers', 'cookietin.id': 'one' })
    expect((await check({ top: { Labels: undefined } })).options.Labels).toEqual({ 'cookietin.id': 'one' })
  })

  test.each([undefined, null, 'x'])('rejects a HostConfig that is not an object: %s', async HostConfig => {
    await expect(check({ top: { HostConfig } })).rejects.toThrow(/containerOptions.HostConfig: .* must be an object/)
  })

  const spellings: [string, object][] = [
    ['HostConfig', { hostconfig: { Privileged: true } }],
    ['User', { user: '0' }],
    ['Labels', { labels: { 'cookietin.owner': 'x' } }],
    ['Volumes', { volumes: { '/data': {} } }],
    ['NetworkingConfig', { NETWORKINGCONFIG: {} }],
  ]
  test.each(spellings)('rejects a key that is not spelt as in the API, whatever allow lists: %s', async (key, top) => {
    await expect(check({ top, allow: allowNames, mounts: true })).rejects.toThrow(`must be spelt ${key}, as in`)
  })

  test.each([
    ['CapAdd', { capadd: ['SYS_ADMIN'] }],
    ['CapDrop', { capdrop: [] }],
    ['SecurityOpt', { securityopt: ['seccomp=unconfined'] }],
    // Go's case folding takes these letters for an s and a k.
    ['SecurityOpt', { ſecurityOpt: [] }],
    ['MaskedPaths', { 'Mas\u212aedPaths': [] }],
    ['PidMode', { pidmode: 'host' }],
    ['Devices', { devices: [] }],
    ['Binds', { binds: ['/etc:/x'] }],
    ['NetworkMode', { networkmode: 'host' }],
    ['ReadonlyRootfs', { readonlyrootfs: false }],
    ['Privileged', { privileged: true }],
    ['Source', { Mounts: [{ Type: 'bind', source: '/etc', Target: '/x' }] }],
    ['DriverConfig', { Mounts: [{ Type: 'volume', Target: '/x', VolumeOptions: { driverconfig: {} } }] }],
    ['Type', { LogConfig: { type: 'json-file' } }],
    ['Name', { RestartPolicy: { name: 'always' } }],
  ] as [string, object][])('rejects a key of HostConfig that is not spelt as in the API: %s', async (key, host) => {
    await expect(check({ host, allow: allowNames, mounts: true })).rejects.toThrow(`must be spelt ${key}, as in`)
  })

  test.each([
    { top: { Whatever: 1 } },
    { host: { NewThing: true } },
    { host: { Mounts: [{ Type: 'tmpfs', Target: '/x', New: 1 }] } },
    { host: { GroupAdd: ['0'] } },
    { host: { Sysctls: { 'net.ipv4.ip_forward': '1' } } },
    { host: { Annotations: { 'run.oci.keep_original_groups': '1' } } },
    { host: { Init: false } },
    { host: { RestartPolicy: { Name: 'always' } } },
    { host: { AutoRemove: true } },
    { host: { Links: ['db'] } },
    { host: { Binds: ['/srv/data:/data:rshared'] } },
    { host: { Binds: ['/srv/data:/data:z'] } },
    { host: { Mounts: [{ Type: 'bind', Source: '/srv', Target: '/x', BindOptions: { Propagation: 'shared' } }] } },
    { top: { NetworkingConfig: { EndpointsConfig: { web: { DriverOpts: { x: '1' } } } } } },
  ] as Given[])('takes what it does not know to be harmless for a relaxation: %j', async given => {
    await expect(check(given)).rejects.toThrow("listed as 'other-options' in the config's allow")
    expect((await check({ ...given, allow: ['other-options'] })).loosened).toEqual(['other-options'])
  })

  test.each([
    ['cap:SYS_ADMIN', { CapAdd: ['SYS_ADMIN'] }],
    // The engine takes one text for a list of one.
    ['cap:SYS_ADMIN', { CapAdd: 'SYS_ADMIN' }],
    ['security-options', { Tmpfs: { '/sys': '' } }],
    ['security-options', { Tmpfs: { '//proc/./x/': 'size=1m' } }],
    ['swap', { Memory: 32 * 2 ** 20 }],
    ['other-volumes', { Binds: ['data:/data'] }],
    ['other-volumes', { Mounts: [{ Type: 'volume', Source: 'data', Target: '/data' }] }],
    ['other-volumes', { Mounts: [{ Type: 'image', Source: 'busybox', Target: '/data' }] }],
    ['other-volumes', { VolumeDriver: 'nfs' }],
    ['security-options', { Binds: ['/srv/data:/proc/x'] }],
    ['security-options', { Mounts: [{ Type: 'tmpfs', Target: '/./sys/' }] }],
    ['limits', { OomScoreAdj: -1000 }],
    ['privileged', { Privileged: 1 }],
    ['namespaces', { PidMode: 'HOST' }],
    ['namespaces', { NetworkMode: 'slirp4netns:allow_host_loopback=true' }],
  ] as [AllowName, object][])('rejects an edit that relaxes %s by other means: %j', async (name, host) => {
    await expect(check({ host })).rejects.toThrow(`listed as '${name}' in the config's allow`)
    expect((await check({ host, allow: [name] })).loosened).toEqual([name])
  })

  test.each([
    ['hardened-network', { top: { NetworkingConfig: { EndpointsConfig: { bridge: {} } } } }],
    ['hardened-volumes', { top: { Volumes: { '/data': {} } } }],
    ['hardened-volumes', { host: { Mounts: [{ Type: 'volume', Target: '/data' }] } }],
    ['hardened-volumes', { host: { Binds: ['/data'] } }],
    ['hardened-writable-root', { host: { Tmpfs: { '/tmp': 'rw,exec' } } }],
    ['hardened-writable-root', { host: { Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev' } } }],
    ['hardened-writable-root', { host: { Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=64m,size=0' } } }],
    ['hardened-writable-root', { host: { Tmpfs: { '/more': '' } } }],
    ['hardened-writable-root', { host: { Mounts: [{ Type: 'tmpfs', Target: '/x' }] } }],
    ['hardened-root', { top: { User: '+0' } }],
    ['limits', { host: { PidsLimit: 10_000 } }],
    ['limits', { host: { Ulimits: [] } }],
  ] as [AllowName, Given][])('rejects an edit that relaxes %s of the hardened profile: %j', async (name, change) => {
    const task = { profile: 'hardened' } as const
    await expect(check({ ...change, task })).rejects.toThrow(`listed as '${name}' in the config's allow`)
    expect((await check({ ...change, task, allow: [name] })).loosened).toEqual([name])
  })

  test('rejects volumes in folders of the kernel, and memory without a bound of its swap', async () => {
    const bounded = { Memory: 32 * 2 ** 20 }
    const task = { memory: undefined }
    await expect(check({ top: { Volumes: { '/sys/': {} } } })).rejects.toThrow("listed as 'security-options'")
    await expect(check({ task, host: bounded })).rejects.toThrow("listed as 'swap'")
    expect((await check({ task, host: { ...bounded, MemorySwap: bounded.Memory } })).loosened).toEqual([])
    expect((await check({ task, top: { Volumes: { '/data': {} } } })).loosened).toEqual([])
  })

  test('rejects a read-only mount of the task that is made writable, and takes the other way', async () => {
    const mounted = (mode: 'ro' | 'rw') =>
      ({
        volumes: [
          ['/srv', '/srv'],
          ['/etc/timezone', '/tz', mode],
        ],
      }) as const
    const mounts = (readOnly: boolean) =>
      own(mounted('ro')).HostConfig.Mounts?.map(mount => ({ ...mount, ReadOnly: readOnly }))
    const edited = { task: mounted('ro'), host: { Mounts: mounts(false) } }
    await expect(check(edited)).rejects.toThrow(/'\/etc\/timezone'.*allowDangerousMounts permits it/)
    expect((await check({ ...edited, mounts: true })).loosened).toEqual(['allowDangerousMounts'])
    expect((await check({ task: mounted('ro'), host: { Mounts: mounts(true) } })).loosened).toEqual([])
  })

  test('sends lists for texts', async () => {
    const { options } = await check({ top: { Cmd: 'a b', Entrypoint: 'sh' }, host: { CapDrop: 'ALL' } })
    expect([options.Cmd, options.Entrypoint, options.HostConfig.CapDrop]).toEqual([['a b'], ['sh'], ['ALL']])
  })

  test('rejects options that were frozen', async () => {
    const options = own()
    options.Hostname = 'x'
    const rules = { isHardened: false, allow: [], allowDangerousMounts: false, local: true }
    await expect(checkEditedOptions(Object.freeze(options), own(), rules)).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_INVALID_TASK',
    })
  })

  test.each(['/tmp/../etc', '//etc', '/./etc', '/etc/', '/etc/.', '///etc//ssl', '/run/../var/run/docker.sock'])(
    'normalises mount sources: %s',
    async source => {
      const mounts = [
        { Binds: [`${source}:/x`] },
        { Mounts: [{ Type: 'bind', Source: source, Target: '/x' }] },
        {
          Mounts: [
            {
              Type: 'volume',
              Target: '/x',
              VolumeOptions: { DriverConfig: { Name: 'local', Options: { device: source } } },
            },
          ],
        },
      ]
      for (const host of mounts) {
        await expect(check({ host, allow: ['other-volumes'] })).rejects.toThrow('allowDangerousMounts permits it')
      }
    },
  )

  test('follows the links of mount sources', async () => {
    const folder = await mkdtemp('/tmp/ct-')
    onTestFinished(() => rm(folder, { recursive: true }))
    await symlink('/etc', join(folder, 'link'))
    for (const host of [
      { Binds: [`${folder}/link:/x`] },
      { Binds: [`${folder}/link/ssl:/x`] },
      { Mounts: [{ Type: 'bind', Source: `${folder}/./link`, Target: '/x' }] },
    ]) {
      await expect(check({ host })).rejects.toThrow(/it is a path that leads to \/etc\S*, which is/)
    }
  })

  test('rejects another image and a working directory in /proc, whatever allow lists', async () => {
    const given = { allow: allowNames, mounts: true }
    await expect(check({ top: { Image: 'other' }, ...given })).rejects.toThrow("containerOptions.Image: 'other'")
    await expect(check({ top: { WorkingDir: '/x/../proc/self/fd/8' }, ...given })).rejects.toThrow('outside /proc')
  })

  test('sends what it has checked', async () => {
    const options = own()
    let reads = 0
    Object.defineProperty(options.HostConfig, 'Privileged', { enumerable: true, get: () => reads++ > 0 })
    const rules = { isHardened: false, allow: [], allowDangerousMounts: false, local: true }
    await checkEditedOptions(options, own(), rules)
    expect(JSON.parse(JSON.stringify(options)).HostConfig.Privileged).toBe(false)
    const circle: Record<string, unknown> = {}
    circle.self = circle
    await expect(checkEditedOptions(Object.assign(own(), { circle }), own(), rules)).rejects.toThrow('must be JSON')
  })
})
