import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'
import { expect } from 'vitest'

/** Counts the resources of this process by kind. */
function held(): Record<string, number> {
  const counts: Record<string, number> = {}
  const count = (kind: string) => {
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  for (const resource of process.getActiveResourcesInfo()) count(`resource ${resource}`)
  for (const _ of list('/proc/self/fd')) count('file descriptors')
  for (const _ of children()) count('child processes')
  for (const name of process.eventNames()) {
    for (const _ of process.listeners(name as 'exit')) count(`listeners for process.${String(name)}`)
  }
  return counts
}

/** The child processes that are not zombies. */
function children(): string[] {
  return list('/proc/self/task').flatMap(thread =>
    readText(`/proc/self/task/${thread}/children`)
      .split(' ')
      .filter(pid => pid.trim() !== ''),
  )
}

/** A failing check is repeated for this time (ms): the system closes sockets and reaps processes with a delay. */
const settleTimeout = 3000

/**
 * Counts the resources of this process: sockets, timers, file descriptors, child processes and listeners.
 * Returns a function that fails unless the process holds no more than that.
 */
export function watchLeaks(): () => Promise<void> {
  const before = held()
  return async () => {
    const deadline = performance.now() + settleTimeout
    for (;;) {
      const leaks = Object.entries(held()).filter(([kind, count]) => count > (before[kind] ?? 0) && !isOwn(kind))
      if (leaks.length === 0) return
      if (performance.now() > deadline) expect(Object.fromEntries(leaks), 'leaked').toEqual({})
      await after(5)
    }
  }
}

/** Short-lived resources of the runtime and the test runner. */
function isOwn(kind: string): boolean {
  return kind === 'resource Immediate' || kind.startsWith('resource FSReq')
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
