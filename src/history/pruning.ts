import { setImmediate as nextTurn } from 'node:timers/promises'
import { keyAt } from './keys.ts'
import {
  deleteCalls,
  deleteRuns,
  type KeyedTable,
  selectCreatedBefore,
  selectKeyBelow,
  selectOldest,
} from './queries.ts'
import type { Tables } from './schema.ts'
import type { Row, Statement, Store } from './stores/store.ts'

/** Rows that are looked through, or removed, in one turn of the event loop. */
const step = { read: 10_000, remove: 200 }

/** Which runs or calls are removed. */
export interface PruneLimits {
  /** Removes those created before this time (Unix ms). */
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
  const deletion = (keys: readonly string[]) => deleteRuns(keys, tables)
  if (before !== undefined) removed += await removeCreatedBefore(store, deletion, before)
  if (newest !== undefined) {
    const below = await firstKept(store, 'cookietin_runs', newest)
    // One that is unfinished may still run.
    const mayGo = ({ status }: Row) => status !== null && status !== undefined
    if (below !== undefined) removed += await removeBelow(store, 'cookietin_runs', { below, mayGo, deletion })
  }
  if (removed > 0) await store.shrink()
  return removed
}

/** Removes calls, a few in each turn of the event loop. Resolves with their number. */
export async function pruneCalls(store: Store, { before, newest }: PruneLimits): Promise<number> {
  const keys = [
    before === undefined ? '' : keyAt(before),
    newest === undefined ? '' : ((await firstKept(store, 'cookietin_calls', newest)) ?? ''),
  ]
  const below = keys.toSorted().at(-1) ?? ''
  if (below === '') return 0
  const removed = await removeBelow(store, 'cookietin_calls', { below, mayGo: () => true, deletion: deleteCalls })
  if (removed > 0) await store.shrink()
  return removed
}

type Deletion = (keys: readonly string[]) => readonly Statement[]

async function removeCreatedBefore(store: Store, deletion: Deletion, time: number): Promise<number> {
  let removed = 0
  for (;;) {
    const rows = await store.read(selectCreatedBefore(time, step.remove))
    if (rows.length === 0) return removed
    removed += await remove(store, deletion, rows)
  }
}

/** What is removed: rows below a key that may go. */
interface Removal {
  readonly below: string
  readonly mayGo: (row: Row) => boolean
  readonly deletion: Deletion
}

async function removeBelow(store: Store, table: KeyedTable, { below, mayGo, deletion }: Removal): Promise<number> {
  let removed = 0
  let after = ''
  for (;;) {
    const rows = await store.read(selectOldest(table, after, below, step.remove))
    if (rows.length === 0) return removed
    after = String(rows.at(-1)?.key)
    removed += await remove(store, deletion, rows.filter(mayGo))
  }
}

/** The key of the oldest of the `newest` rows. Undefined if there are fewer. */
async function firstKept(store: Store, table: KeyedTable, newest: number): Promise<string | undefined> {
  // Keys consist of digits and small letters.
  let key = newest === 0 ? '~' : undefined
  for (let left = newest; left > 0; ) {
    const count = Math.min(left, step.read)
    const [row] = await store.read(selectKeyBelow(table, key, count - 1))
    if (row === undefined) return undefined
    key = String(row.key)
    left -= count
    await nextTurn()
  }
  return key
}

async function remove(store: Store, deletion: Deletion, rows: readonly Row[]): Promise<number> {
  const changes = rows.length === 0 ? [] : await store.write(deletion(rows.map(({ key }) => String(key))))
  await nextTurn()
  return changes.at(-1) ?? 0
}
