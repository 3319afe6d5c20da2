import { describe, expect, test } from 'vitest'
import { abilitiesOf } from '../../../../../src/cli/commands/doctor/report.ts'

describe('doctor', () => {
  const full = {
    MemoryLimit: true,
    SwapLimit: true,
    CpuCfsQuota: true,
    PidsLimit: true,
    CgroupVersion: '2',
    Driver: 'overlay2',
    DriverStatus: [['Backing Filesystem', 'xfs']],
    SecurityOptions: ['name=seccomp,profile=default'],
    InitBinary: 'docker-init',
  }
  const missing = (info: object) =>
    abilitiesOf({ ...full, ...info }).flatMap(({ name, works }) => (works ? [] : [name]))

  test('finds nothing missing on a complete engine', () => expect(missing({})).toEqual([]))
  test.each([
    [{ DriverStatus: [['Backing Filesystem', 'extfs']] }, ['fsSize']],
    [{ Driver: 'btrfs', DriverStatus: null }, []],
    [{ SwapLimit: false }, ['swap']],
    [{ SecurityOptions: null }, ['seccomp']],
    [{ SecurityOptions: ['name=seccomp', 'name=rootless'], CgroupVersion: '1' }, ['freeze']],
    [{ MemoryLimit: undefined, InitBinary: '' }, ['memory', 'init']],
  ])('of %j misses %j', (info, names) => expect(missing(info)).toEqual(names))
  test('gives advice for everything that is missing', () => {
    for (const { works, advice } of abilitiesOf({})) expect(works).toBe(advice === undefined)
  })
})
