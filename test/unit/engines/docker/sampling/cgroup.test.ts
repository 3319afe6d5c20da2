import { release } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Api } from '../../../../../src/engines/docker/connection/api.ts'
import type { Endpoint } from '../../../../../src/engines/docker/connection/endpoint.ts'
import { cgroupMounts } from '../../../../../src/engines/docker/sampling/cgroup/available.ts'
import {
  type Counters,
  controllers,
  networkBytes,
  readV2,
} from '../../../../../src/engines/docker/sampling/cgroup/counters.ts'
import { CgroupFiles } from '../../../../../src/engines/docker/sampling/cgroup/group-files.ts'
import { parseGroups, parseMounts } from '../../../../../src/engines/docker/sampling/cgroup/mounts.ts'
import { seriesOf } from '../../../../../src/engines/docker/sampling/cgroup/series.ts'
import { rawSample } from '../../../../../src/stats/raw.ts'

const id = '4f5d9a1c0b7e'.repeat(6).slice(0, 64)
const fixtures = join(import.meta.dirname, 'fixtures')

/** The mounts of a machine with both versions, with their files in the fixtures. */
const mountinfo = [
  '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
  `31 22 0:28 / ${fixtures}/cgroup-v1/cpu rw - cgroup cgroup rw,cpu`,
  `32 22 0:29 / ${fixtures}/cgroup-v1/cpuacct rw - cgroup cgroup rw,cpuacct`,
  `33 22 0:30 / ${fixtures}/cgroup-v1/memory rw - cgroup cgroup rw,memory`,
  `34 22 0:31 / ${fixtures}/cgroup-v1/blkio rw - cgroup cgroup rw,blkio`,
  `35 22 0:32 / ${fixtures}/cgroup-v1/pids rw - cgroup cgroup rw,pids`,
  `36 22 0:33 / ${fixtures}/cgroup-v2 rw shared:4 - cgroup2 cgroup2 rw,nsdelegate`,
].join('\n')

const counters: Counters = {
  cpuTotal: 2.5e9,
  cpuUser: 2e9,
  cpuKernel: 5e8,
  throttledPeriods: 12,
  throttledTime: 345_678_000,
  memoryUsage: 52_428_800,
  memoryLimit: Number.POSITIVE_INFINITY,
  memoryPeak: 73_400_320,
  inactiveFile: 6_291_456,
  diskRead: 8_463_336,
  diskWrite: 8_405_016,
  pids: 7,
}

const noPid = async () => undefined

describe.each([1, 2] as const)('control groups of version %i', version => {
  const mounts = parseMounts(mountinfo, version, controllers)

  it('are found by the container id, with all counters', async () => {
    if (mounts === undefined) throw new Error('no mounts')
    const files = await CgroupFiles.find(mounts, id, noPid)
    expect(files?.read()).toMatchObject({ counters, network: { received: 0, sent: 0 } })
    expect(files?.read()).toMatchObject({ counters })
    files?.close()
    files?.close()
  })

  it('are not found for an unknown container, nor in the group of another process with its pid', async () => {
    if (mounts === undefined) throw new Error('no mounts')
    expect(await CgroupFiles.find(mounts, 'abc', noPid)).toBeUndefined()
    expect(await CgroupFiles.find(mounts, 'abc', async () => process.pid)).toBeUndefined()
  })
})

describe('mounts', () => {
  it('may have several controllers, a space in the path, or only a part of the groups', () => {
    const shared = parseMounts(
      '9 1 0:1 /lxc/a /sys/fs/c\\040g rw - cgroup cgroup rw,cpu,cpuacct,memory,blkio,pids',
      1,
      controllers,
    )
    expect(shared?.folder('cpuacct', '/lxc/a/docker/x')).toBe('/sys/fs/c g/docker/x')
    expect(shared?.folder('memory', '/lxc/a')).toBe('/sys/fs/c g')
    expect(shared?.folder('memory', '/lxc/abc')).toBeUndefined()
    expect(shared?.folder('memory', '/docker/x')).toBeUndefined()
  })

  it('are rejected when a controller is missing', () => {
    expect(parseMounts('9 1 0:1 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory', 1, controllers)).toBeUndefined()
    expect(parseMounts('9 1 0:1 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory', 2, controllers)).toBeUndefined()
    expect(parseMounts('', 2, controllers)).toBeUndefined()
  })

  it("give a process's group by controller", () => {
    const text = '4:memory:/docker/x\n3:blkio:/docker/x\n2:cpu,cpuacct:/docker/x\n1:pids:/a:b\n0::/y\n'
    expect([...parseGroups(text, 1)]).toEqual([
      ['cpu', '/docker/x'],
      ['cpuacct', '/docker/x'],
      ['memory', '/docker/x'],
      ['blkio', '/docker/x'],
      ['pids', '/a:b'],
    ])
    expect(new Set(parseGroups(text, 2).values())).toEqual(new Set(['/y']))
  })
})

describe('counters', () => {
  it('that the kernel does not have are undefined; without those of the CPU the group is gone', () => {
    const found = readV2((_, file) => (file === 'cpu.stat' ? 'usage_usec 5\n' : undefined))
    expect(found).toEqual({
      ...Object.fromEntries(Object.keys(counters).map(name => [name, undefined])),
      cpuTotal: 5000,
    })
    expect(readV2(() => undefined)).toBeUndefined()
    expect(readV2(() => '')).toBeUndefined()
  })

  it('of the network exclude loopback', () => {
    const text = [
      'Inter-|   Receive                                                |  Transmit',
      ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier',
      '    lo:    5000      10    0    0    0     0          0         0     5000      10    0    0    0     0       0',
      '  eth0:     646       7    0    0    0     0          0         0       42       1    0    0    0     0       0',
      'eth1:1000 7 0 0 0 0 0 0 8 1 0 0 0 0 0',
    ].join('\n')
    expect(networkBytes(text)).toEqual({ received: 1646, sent: 50 })
    expect(networkBytes('')).toEqual({ received: 0, sent: 0 })
  })
})

describe('a series of readings', () => {
  const look = (at: number, changed: Partial<Counters> = {}) => ({
    counters: { ...counters, ...changed },
    network: { received: 646, sent: 42 },
    timestamp: 1_767_323_045_000 + at,
    now: at,
  })

  it("has the engine's names and units", () => {
    const toStat = seriesOf(1e9)
    expect(toStat(look(0))?.metrics).toEqual({
      net_rx: 646,
      net_tx: 42,
      mem_usage: 52_428_800,
      mem_limit: 1e9,
      disk_read: 8_463_336,
      disk_write: 8_405_016,
      mem_peak: 73_400_320,
      mem_working_set: 46_137_344,
      pids: 7,
      cpu_throttled_periods: 12,
      cpu_throttled_ms: 345,
    })
    const stat = toStat(look(100, { cpuTotal: 2.65e9, cpuUser: 2.06e9, cpuKernel: 5.9e8, memoryLimit: 5e8 }))
    expect(stat?.metrics).toMatchObject({ cpu_total: 150, cpu_user: 60, cpu_kernel: 90, mem_limit: 5e8 })
    expect(stat === undefined ? undefined : rawSample(stat)).toMatchObject({ counters: { cpuTotal: 2.65e9 } })
  })

  it('has no CPU usage over too short a time, and includes that time in the next one', () => {
    const toStat = seriesOf(1e9)
    toStat(look(0, { cpuTotal: 0 }))
    expect(Object.keys(toStat(look(5, { cpuTotal: 9e6 }))?.metrics ?? {})).not.toContain('cpu_total')
    expect(toStat(look(20, { cpuTotal: 10e6 }))?.metrics).toMatchObject({ cpu_total: 50 })
    expect(toStat(look(40, { cpuTotal: 5e6 }))?.metrics).toMatchObject({ cpu_total: 0 })
  })

  it('drops a reading that is not later than the last one, such as after a clock change', () => {
    const toStat = seriesOf(1e9)
    expect(
      [toStat(look(10)), toStat(look(10)), toStat(look(3)), toStat(look(11))].map(stat => stat !== undefined),
    ).toEqual([true, false, false, true])
  })

  it('computes the peak when the kernel has none', () => {
    const toStat = seriesOf(1e9)
    const peaks = [5, 9, 7].map(
      (memoryUsage, index) => toStat(look(index, { memoryPeak: undefined, memoryUsage }))?.metrics.mem_peak,
    )
    expect(peaks).toEqual([5, 9, 9])
  })
})

describe('an unavailable cgroup sampler', () => {
  const local: Endpoint = { source: 'DOCKER_HOST', url: 'unix:///x.sock', at: { kind: 'unix', path: '/x.sock' } }
  const engine = (body: object) => ({ request: async () => ({ status: 200, body }) }) as unknown as Api

  it.each<[string, Api, Endpoint, string]>([
    [
      'an engine that may be remote',
      engine({}),
      {
        source: 'x',
        url: 'tcp://192.0.2.1:2375',
        at: { kind: 'tcp', host: '192.0.2.1', port: 2375, pathPrefix: '', tls: undefined },
      },
      'the engine at tcp://192.0.2.1:2375 may be on another machine',
    ],
    ['another kernel', engine({ CgroupVersion: '2', KernelVersion: '0.01' }), local, 'its kernel is 0.01'],
    ['another version', engine({ CgroupVersion: '3', KernelVersion: release() }), local, 'groups of version 3'],
  ])('is rejected with the reason: %s', async (_, api, endpoint, why) => {
    const refused = cgroupMounts(api, endpoint, 1_000)
    await expect(refused).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_INVALID_CONFIG',
      message: expect.stringMatching(
        `^Invalid config: sampler: 'cgroup' is not allowed, it must be 'engine' here: .*${why}`,
      ) as string,
    })
  })
})
