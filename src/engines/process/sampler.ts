import { totalmem } from 'node:os'
import { Observable } from 'rxjs'
import type { Stat } from '../../stats/stat.ts'
import { cpuShares } from './cpu-share.ts'
import { diskBytes, findGroups, type ProcessStat, residentBytes, uptime } from './proc.ts'

const interval = 1000

/** Samples process groups about once a second, all of an engine in one pass through `/proc`. */
export class GroupSampler {
  readonly #watchers = new Map<number, Set<(members: readonly ProcessStat[]) => void>>()
  #timer: NodeJS.Timeout | undefined

  /** Samples of one group, the first at once. Never completes by itself. */
  samples(group: number): Observable<Stat> {
    return new Observable(subscriber => {
      const toStat = statOf()
      return this.#watch(group, members => {
        if (members.length === 0) return
        const stat = toStat(members)
        // A group whose last member is exiting has no memory and counts as ended.
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

/** Makes samples of one group. */
function statOf(): (members: readonly ProcessStat[]) => Stat {
  const shareOf = cpuShares()
  return members => {
    const disks = members.map(({ pid }) => diskBytes(pid)).filter(disk => disk !== undefined)
    return {
      timestamp: Date.now(),
      metrics: {
        ...shareOf(members, uptime()),
        mem_usage: members.reduce((total, { pid }) => total + residentBytes(pid), 0),
        mem_limit: totalmem(),
        ...(disks.length > 0 && {
          disk_read: disks.reduce((total, disk) => total + disk.read, 0),
          disk_write: disks.reduce((total, disk) => total + disk.written, 0),
        }),
      },
    }
  }
}
