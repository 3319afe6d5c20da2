import { expect, onTestFinished, test, vi } from 'vitest'
import { samplingHint } from '../../../../src/cli/drivers/drivers.ts'

test('hints at the cgroup sampler for Docker only, unless it is already used', async () => {
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('COOKIETIN_SAMPLER', undefined)
  expect(await Promise.all([undefined, 'docker', 'process'].map(name => samplingHint(name as 'docker')))).toEqual([
    'COOKIETIN_SAMPLER=cgroup samples short runs, too',
    'COOKIETIN_SAMPLER=cgroup samples short runs, too',
    undefined,
  ])
  vi.stubEnv('COOKIETIN_SAMPLER', 'cgroup')
  expect(await samplingHint()).toBeUndefined()
})
