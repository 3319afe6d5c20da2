import { type ProcessStat, ticksPerSecond } from './proc.ts'

/** What a group uses of one core, in percent. */
interface CpuShare {
  readonly cpu_user: number
  readonly cpu_kernel: number
  readonly cpu_total: number
}

/** Seconds. The kernel counts in ticks of 10 ms: over less than this a share says more of the ticks than of the group. */
const shortest = 0.1

/**
 * Makes the shares of one group: of each look that since the share before, of the first since the group began. A look that comes too soon to tell has
 * none, and what was used until then is part of the next. `at` is in seconds since the boot.
 */
export function cpuShares(): (members: readonly ProcessStat[], at: number) => CpuShare | undefined {
  let before: { readonly user: number; readonly kernel: number; readonly at: number } | undefined
  return (members, at) => {
    const sum = (value: (member: ProcessStat) => number) => members.reduce((total, member) => total + value(member), 0)
    const user = sum(member => member.userTicks)
    const kernel = sum(member => member.kernelTicks)
    before ??= { user: 0, kernel: 0, at: Math.min(...members.map(member => member.startTicks)) / ticksPerSecond }
    if (at - before.at < shortest) return undefined
    const ticks = (at - before.at) * ticksPerSecond
    // A process that ended without being waited for takes its times with it.
    const cpuUser = Math.max(0, ((user - before.user) / ticks) * 100)
    const cpuKernel = Math.max(0, ((kernel - before.kernel) / ticks) * 100)
    before = { user, kernel, at }
    return {
      cpu_user: Math.trunc(cpuUser),
      cpu_kernel: Math.trunc(cpuKernel),
      cpu_total: Math.trunc(cpuUser + cpuKernel),
    }
  }
}
