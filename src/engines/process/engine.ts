import { randomBytes } from 'node:crypto'
import { currentOwner } from '../../utils/owner.ts'
import type { Engine } from '../engine.ts'
import { type ResolvedProcessConfig, resolveProcessConfig } from './config.ts'
import { ProcessContainer } from './container.ts'
import { type Host, processOptions } from './options.ts'
import { ProcessRoot } from './root.ts'
import { GroupSampler } from './sampler.ts'

/**
 * An engine that runs a task's command as a process group of this machine. **It isolates nothing**: the image is ignored, limits are not
 * enforced, and fields that promise isolation (volumes, `disableNet`, `profile: 'hardened'`, `udsPath`) are refused.
 *
 * Freezing is SIGSTOP to the group. When the command's first process ends, the rest of its group is killed; a descendant that has left the
 * group (`setsid`) is out of reach. Every environment carries `COOKIETIN_INSTANCE` and `COOKIETIN_OWNER`.
 */
export function createProcessEngine(config: ResolvedProcessConfig = resolveProcessConfig({}, process.env)): Engine {
  const sampler = new GroupSampler()
  const context = {
    sampler,
    outputTimeout: config.outputTimeout,
    marks: { COOKIETIN_INSTANCE: randomBytes(8).toString('hex'), COOKIETIN_OWNER: currentOwner() },
  }
  const host: Host = { env: process.env, platform: process.platform, uid: process.getuid?.() }
  return {
    name: 'process',
    check: task => void processOptions(task, host),
    container: task => {
      const options = processOptions(task, host)
      const hasRoot = task.files.length > 0 || task.artifacts.length > 0
      return new ProcessContainer(task.id, options, {
        ...context,
        root: hasRoot ? new ProcessRoot(options) : undefined,
      })
    },
    gcAfterExit: hasRuns => (hasRuns ? { driver: 'process', env: {} } : undefined),
    close: async () => sampler.close(),
  }
}
