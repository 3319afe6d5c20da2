import { describe, expect, test } from 'vitest'
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
function check({ host = {}, top = {}, task, allow = [], mounts = false }: Given) {
  const options = own(task)
  Object.assign(options.HostConfig, host)
  Object.assign(options, top)
  const isHardened = task?.profile === 'hardened'
  return {
    options,
    loosened: checkEditedOptions(options, own(task), { isHardened, allow, allowDangerousMounts: mounts }),
  }
}

describe('checkEditedOptions', () => {
  const loose: [AllowName, Record<string, unknown>][] = [
    ['privileged', { Privileged: true }],
    ['capabilities', { CapAdd: ['SYS_ADMIN'] }],
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
  test.each(loose)('rejects an edit that relaxes %s, unless allow lists it: %o', (name, host) => {
    const isNamed = expect.objectContaining({
      code: 'ERR_COOKIETIN_INVALID_TASK',
      message: expect.stringContaining(`listed as '${name}' in the config's allow`) as string,
    }) as Error
    expect(() => check({ host })).toThrow(isNamed)
    const others = allowNames.filter(other => other !== name)
    expect(() => check({ host, allow: others })).toThrow(isNamed)
    // One edit of SecurityOpt may relax both.
    const allow: AllowName[] = name === 'new-privileges' ? [name, 'security-options'] : [name]
    expect(check({ host, allow }).loosened).toContain(name)
  })

  test.each([
    ['hardened-root', { top: { User: '0:0' } }],
    ['hardened-root', { top: { User: undefined } }],
    ['hardened-writable-root', { host: { ReadonlyRootfs: false } }],
    ['hardened-network', { host: { NetworkMode: undefined } }],
    ['hardened-shared-memory', { host: { IpcMode: 'private' } }],
  ] as const)('rejects an edit that relaxes %s of the hardened profile, unless allow lists it', (name, change) => {
    const task = { profile: 'hardened' } as const
    expect(() => check({ ...change, task })).toThrow(`listed as '${name}' in the config's allow`)
    expect(check({ ...change, task, allow: [name] }).loosened).toEqual([name])
  })

  test.each([{ Binds: ['/etc:/x:ro'] }, { Mounts: [{ Type: 'bind', Source: '/var/run/docker.sock', Target: '/x' }] }])(
    'rejects the mount of a dangerous path, unless allowDangerousMounts is set: %o',
    host => {
      expect(() => check({ host })).toThrow('allowDangerousMounts')
      expect(check({ host, mounts: true }).loosened).toEqual(['allowDangerousMounts'])
    },
  )

  test('permits edits that relax nothing', () => {
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
    expect(check({ host }).loosened).toEqual([])
    expect(check({}).loosened).toEqual([])
    expect(check({ task: { profile: 'hardened', volumes: [['/srv', '/srv']] } }).loosened).toEqual([])
  })

  test('restores the labels by which a container is found and keeps added ones', () => {
    const { options } = check({ top: { Labels: { team: 'bakers', 'cookietin.id': 'other' } } })
    expect(options.Labels).toEqual({ team: 'bakers', 'cookietin.id': 'one' })
    expect(check({ top: { Labels: undefined } }).options.Labels).toEqual({ 'cookietin.id': 'one' })
  })

  test.each([undefined, null, 'x'])('rejects a HostConfig that is not an object: %s', HostConfig => {
    expect(() => check({ top: { HostConfig } })).toThrow(/containerOptions.HostConfig: .* must be an object/)
  })
})
