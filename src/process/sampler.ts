import { totalmem } from 'node:os'
import { Observable } from 'rxjs'
import type { Stat } from '../stats/stat.ts'
import { diskBytes, findGroups, type ProcessStat, residentBytes, ticksPerSecond, uptime } from './proc.ts'

const interval = 1000

/** Samples process groups about once a second, all of an engine in one look through `/proc`. */
export class GroupSampler {
  readonly #watchers = new Map<number, Set<(members: readonly ProcessStat[]) => void>>()
  #timer: NodeJS.Timeout | undefined

  /** Samples of one group, the first at once; never completes by itself. */
  samples(group: number): Observable<Stat> {
    return new Observable(subscriber => {
      const toStat = statOf()
      return this.#watch(group, members => {
        if (members.length === 0) return
        const stat = toStat(members)
        // A group whose last member is on its way out has no memory any more, and is as good as ended.
        if (stat.metrics.mem_usage !== 0) subscriber.next(stat)
      })
    })
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#watchers.clear()
  }

  #watch(group: number, watcher: (members: readonly ProcessStat[]) => void): () => void {
    const watchers = this.#watchers.get(group) ?? new Set()
    this.#watchers.set(group, watchers.add(watcher))
    this.#timer ??= setInterval(() => void this.#look(this.#watchers), interval).unref()
    void this.#look(new Map([[group, new Set([watcher])]]))
    return () => {
      watchers.delete(watcher)
      if (watchers.size === 0 && this.#watchers.get(group) === watchers) this.#watchers.delete(group)
      if (this.#watchers.size === 0) this.close()
    }
  }

  async #look(wanted: ReadonlyMap<number, ReadonlySet<(members: readonly ProcessStat[]) => void>>): Promise<void> {
    const found = await findGroups(new Set(wanted.keys()))
    for (const [group, watchers] of wanted) {
      for (const watcher of watchers) if (this.#watchers.get(group)?.has(watcher)) watcher(found.get(group) ?? [])
    }
  }
}

/** Makes samples of one group; the CPU of each is that since the sample before, of the first since the group began. */
function statOf(): (members: readonly ProcessStat[]) => Stat {
  let before: { readonly user: number; readonly kernel: number; readonly at: number } | undefined
  return members => {
    const at = uptime()
    const sum = (value: (member: ProcessStat) => number) => members.reduce((total, member) => total + value(member), 0)
    const user = sum(member => member.userTicks)
    const kernel = sum(member => member.kernelTicks)
    before ??= { user: 0, kernel: 0, at: Math.min(...members.map(member => member.startTicks)) / ticksPerSecond }
    const ticks = Math.max(1, (at - before.at) * ticksPerSecond)
    // A process that ended without being waited for takes its times with it.
    const cpuUser = Math.max(0, ((user - before.user) / ticks) * 100)
    const cpuKernel = Math.max(0, ((kernel - before.kernel) / ticks) * 100)
    before = { user, kernel, at }

    const disks = members.map(({ pid }) => diskBytes(pid)).filter(disk => disk !== undefined)
    return {
      timestamp: Date.now(),
      metrics: {
        cpu_user: Math.trunc(cpuUser),
        cpu_kernel: Math.trunc(cpuKernel),
        cpu_total: Math.trunc(cpuUser + cpuKernel),
        mem_usage: sum(member => residentBytes(member.pid)),
        mem_limit: totalmem(),
        ...(disks.length > 0 && {
          disk_read: disks.reduce((total, disk) => total + disk.read, 0),
          disk_write: disks.reduce((total, disk) => total + disk.written, 0),
        }),
      },
    }
  }
}
