import { createDockerDriver } from '../../driver/create-driver.ts'
import type { CliDriver } from './cli-driver.ts'

export const docker: CliDriver = {
  open: inspect => createDockerDriver({}, { inspect }),
  removeOrphans: async options => (await import('./docker-orphans.ts')).removeOrphans(options),
  samplingHint: () =>
    process.env.COOKIETIN_SAMPLER === 'cgroup' ? undefined : 'COOKIETIN_SAMPLER=cgroup samples short runs, too',
}
