import { setImmediate as nextTurn } from 'node:timers/promises'
import { deleteRuns, selectCreatedBefore, selectKeyBelow, selectOldest } from './queries.ts'
import type { Tables } from './schema.ts'
import type { Row, Store } from './store.ts'

/** Runs that are looked through, or removed, in one turn of the event loop. */
const step = { read: 10_000, remove: 200 }

/** Which runs are removed. */
export interface PruneLimits {
  /** Removes runs created before this time (Unix ms). */
  readonly before: number | undefined
  /** Removes all but so many of the newest. */
  readonly newest: number | undefined
}

/**
 * Removes runs, a few in each turn of the event loop. An unfinished run is removed by age only: it may still run.
 * Resolves with the number of runs removed.
 */
export async function pruneRuns(store: Store, tables: Tables, { before, newest }: PruneLimits): Promise<number> {
  let removed = 0
  if (before !== undefined) removed += await removeCreatedBefore(store, tables, before)
  if (newest !== undefined) removed += await removeBeyond(store, tables, newest)
  if (removed > 0) await store.shrink()
  return removed
}

async function removeCreatedBefore(store: Store, tables: Tables, time: number): Promise<number> {
  let removed = 0
  for (;;) {
    const rows = await store.read(selectCreatedBefore(time, step.remove))
    if (rows.length === 0) return removed
    removed += await remove(store, tables, rows)
  }
}

async function removeBeyond(store: Store, tables: Tables, newest: number): Promise<number> {
  const oldestKept = newest === 0 ? undefined : await keyOfPlace(store, newest)
  if (newest > 0 && oldestKept === undefined) return 0
  let removed = 0
  let after = ''
  for (;;) {
    // Keys consist of digits and small letters.
    const rows = await store.read(selectOldest(after, oldestKept ?? '~', step.remove))
    if (rows.length === 0) return removed
    after = String(rows.at(-1)?.key)
    removed += await remove(
      store,
      tables,
      rows.filter(({ status }) => status !== null && status !== undefined),
    )
  }
}

/** The key of the n-th newest run. Undefined if there are fewer. */
async function keyOfPlace(store: Store, place: number): Promise<string | undefined> {
  let key: string | undefined
  for (let left = place; left > 0; ) {
    const count = Math.min(left, step.read)
    const [row] = await store.read(selectKeyBelow(key, count - 1))
    if (row === undefined) return undefined
    key = String(row.key)
    left -= count
    await nextTurn()
  }
  return key
}

async function remove(store: Store, tables: Tables, rows: readonly Row[]): Promise<number> {
  const changes =
    rows.length === 0
      ? []
      : await store.write(
          deleteRuns(
            rows.map(({ key }) => String(key)),
            tables,
          ),
        )
  await nextTurn()
  return changes.at(-1) ?? 0
}
