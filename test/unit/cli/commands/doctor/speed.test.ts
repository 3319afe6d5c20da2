import { describe, expect, it } from 'vitest'
import { speedAdvice } from '../../../../../src/cli/commands/doctor/speed.ts'

const plain = { preForkPoolSize: 0, runtime: undefined }
const both = { CgroupVersion: '2', DefaultRuntime: 'runc', Runtimes: { runc: {}, crun: {} } }

describe('the advice for speed', () => {
  it('is a prefork pool where the config has none', () => {
    expect(speedAdvice({}, plain)).toEqual([expect.stringContaining('COOKIETIN_PRE_FORK_POOL_SIZE')])
    expect(speedAdvice({}, { ...plain, preForkPoolSize: 1 })).toEqual([])
  })

  it('is crun where runc is used: to choose it, or to install it', () => {
    expect(speedAdvice(both, plain)[1]).toContain('COOKIETIN_RUNTIME=crun')
    expect(speedAdvice({ ...both, Runtimes: { runc: {} } }, plain)[1]).toContain('install')
  })

  it.each([
    ['another runtime is the default', { ...both, DefaultRuntime: 'crun' }, undefined],
    ['another runtime is chosen', both, 'runsc'],
    ['the control groups are of version 1', { ...both, CgroupVersion: '1' }, undefined],
  ])('is not crun where %s', (_, info, runtime) => {
    expect(speedAdvice(info, { preForkPoolSize: 1, runtime })).toEqual([])
  })
})
