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
  /** Changes of `HostConfig`, and of what is beside it. */
  readonly host?: object
  readonly top?: object
  readonly task?: Partial<ContainerTask>
  readonly allow?: readonly AllowName[]
  readonly mounts?: boolean
}

/** What is said of options that were changed so. */
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

describe('options changed by hand', () => {
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
  test.each(loose)('that give up %s are refused without its name in the config: %o', (name, host) => {
    const isNamed = expect.objectContaining({
      code: 'ERR_COOKIETIN_INVALID_TASK',
      message: expect.stringContaining(`gives up ${name},`) as string,
    }) as Error
    expect(() => check({ host })).toThrow(isNamed)
    const others = allowNames.filter(other => other !== name)
    expect(() => check({ host, allow: others })).toThrow(isNamed)
    // A SecurityOpt that says no may give up both.
    const allow: AllowName[] = name === 'new-privileges' ? [name, 'security-options'] : [name]
    expect(check({ host, allow }).loosened).toContain(name)
  })

  test.each([
    ['hardened-root', { top: { User: '0:0' } }],
    ['hardened-root', { top: { User: undefined } }],
    ['hardened-writable-root', { host: { ReadonlyRootfs: false } }],
    ['hardened-network', { host: { NetworkMode: undefined } }],
    ['hardened-shared-memory', { host: { IpcMode: 'private' } }],
  ] as const)('of the hardened profile that give up %s, too', (name, change) => {
    const task = { profile: 'hardened' } as const
    expect(() => check({ ...change, task })).toThrow(`gives up ${name},`)
    expect(check({ ...change, task, allow: [name] }).loosened).toEqual([name])
  })

  test.each([{ Binds: ['/etc:/x:ro'] }, { Mounts: [{ Type: 'bind', Source: '/var/run/docker.sock', Target: '/x' }] }])(
    'that mount a dangerous place are refused: %o',
    host => {
      expect(() => check({ host })).toThrow('allowDangerousMounts')
      expect(check({ host, mounts: true }).loosened).toEqual(['allowDangerousMounts'])
    },
  )

  test('that loosen nothing are fine', () => {
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

  test('keep the labels by which a container is found, beside those that were added', () => {
    const { options } = check({ top: { Labels: { team: 'bakers', 'cookietin.id': 'other' } } })
    expect(options.Labels).toEqual({ team: 'bakers', 'cookietin.id': 'one' })
    expect(check({ top: { Labels: undefined } }).options.Labels).toEqual({ 'cookietin.id': 'one' })
  })

  test.each([undefined, null, 'x'])('without what is the host’s part are refused in words: %s', HostConfig => {
    expect(() => check({ top: { HostConfig } })).toThrow(/containerOptions.HostConfig: .* must be an object/)
  })
})
