import { type ProcessStat, ticksPerSecond } from './proc.ts'

/** The share of one core that a group uses, in percent. */
interface CpuShare {
  readonly cpu_user: number
  readonly cpu_kernel: number
  readonly cpu_total: number
}

/** Seconds. The kernel counts in ticks of 10 ms, so a share over a shorter time is not accurate. */
const shortest = 0.1

/**
 * Computes the shares of one group: the first since the group's start, each other one since the share before. A reading that comes too soon
 * has no share, and its time counts in the next. `at` is in seconds since the boot.
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
    // The times of a process that ended without a wait are lost.
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
