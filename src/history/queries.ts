import { imageForms, parseImage } from '../task/image-name.ts'
import type { Tables } from './schema.ts'
import type { Statement, Value } from './stores/store.ts'
import type { HistoryQuery } from './types.ts'

/** The columns of a list: all but the samples, which may be long. */
const listed = `key, id, image, command, owner, created_at, status, exit_code, oom_killed, error_code, error_message,
  started_at, ended_at, timings`

/** How often a run was tried again. */
const retries = `(SELECT COUNT(*) FROM cookietin_transitions WHERE run = cookietin_runs.key AND event = 'retry') AS retries`

/**
 * Selects runs, the newest first.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` if `image` is not the name of an image.
 */
export function selectRuns(
  { status, image, id, labels = {}, since, until, limit = 100, offset = 0 }: HistoryQuery,
  { hasLabels }: Tables,
): Statement {
  const conditions = new Conditions()
  const where = (condition: string, ...values: Value[]) => conditions.add(condition, ...values)
  if (status !== undefined) {
    const wanted = typeof status === 'string' ? [status] : status
    const ended = wanted.filter(each => each !== 'unfinished')
    const any = [
      ...(ended.length > 0 ? [`status IN (${ended.map(() => '?').join(', ')})`] : []),
      ...(wanted.includes('unfinished') ? ['status IS NULL'] : []),
    ]
    where(any.length === 0 ? '1 = 0' : `(${any.join(' OR ')})`, ...ended)
  }
  if (image !== undefined) conditions.addImage(image)
  if (id !== undefined) where('id = ?', id)
  for (const [name, value] of Object.entries(labels)) {
    const labelled = 'EXISTS (SELECT 1 FROM cookietin_labels WHERE run = cookietin_runs.key AND name = ? AND value = ?)'
    if (hasLabels) where(labelled, name, value)
    else where('1 = 0')
  }
  if (since !== undefined) where('created_at >= ?', Math.ceil(Number(since)))
  if (until !== undefined) where('created_at < ?', Math.ceil(Number(until)))
  return {
    sql: `SELECT ${listed}, ${retries} FROM cookietin_runs ${conditions.sql} ORDER BY created_at DESC, key DESC LIMIT ? OFFSET ?`,
    values: [...conditions.values, limit, offset],
  }
}

/** The conditions of a query, all of which must hold. */
export class Conditions {
  readonly #conditions: string[] = []
  readonly values: Value[] = []

  add(condition: string, ...values: Value[]): void {
    this.#conditions.push(condition)
    this.values.push(...values)
  }

  /** @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` if it is not the name of an image. */
  addImage(image: string): void {
    const forms = imageForms(parseImage(image))
    this.add(`image_name IN (${forms.map(() => '?').join(', ')})`, ...forms)
  }

  /** The `WHERE` clause; empty without conditions. */
  get sql(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`
  }
}

/** Selects one run by its key, or the newest run of that id. */
export const selectRun = (keyOrId: string): Statement => ({
  sql: `SELECT *, ${retries} FROM cookietin_runs WHERE key = ? OR id = ? ORDER BY CASE WHEN key = ? THEN 0 ELSE 1 END, created_at DESC, key DESC LIMIT 1`,
  values: [keyOrId, keyOrId, keyOrId],
})

/** Selects the labels of the runs between two keys. Keys sort by creation, so these are few more than those of a list. */
export const selectLabels = (from: string, to: string): Statement => ({
  sql: `SELECT run, name, value FROM cookietin_labels WHERE run >= ? AND run <= ? ORDER BY run, name`,
  values: [from, to],
})

/** Selects the transitions of a run, in order. */
export const selectTransitions = (key: string): Statement => ({
  sql: `SELECT from_state, to_state, event, at FROM cookietin_transitions WHERE run = ? ORDER BY position`,
  values: [key],
})

/** The tables whose keys sort by creation. */
export type KeyedTable = 'cookietin_runs' | 'cookietin_calls'

/** Selects the key that is `count` places below a key in the order of creation, the newest first. */
export const selectKeyBelow = (table: KeyedTable, key: string | undefined, count: number): Statement => ({
  sql: `SELECT key FROM ${table} ${key === undefined ? '' : 'WHERE key < ?'} ORDER BY key DESC LIMIT 1 OFFSET ?`,
  values: key === undefined ? [count] : [key, count],
})

/** Selects at most `count` keys between two, oldest first, with each status. */
export const selectOldest = (table: KeyedTable, after: string, below: string, count: number): Statement => ({
  sql: `SELECT key, status FROM ${table} WHERE key > ? AND key < ? ORDER BY key LIMIT ?`,
  values: [after, below, count],
})

/** Selects at most `count` runs that were created before a time. */
export const selectCreatedBefore = (time: number, count: number): Statement => ({
  sql: `SELECT key FROM cookietin_runs WHERE created_at < ? ORDER BY created_at LIMIT ?`,
  values: [time, count],
})

/** Deletes runs with their transitions. The last statement deletes the runs themselves. */
export function deleteRuns(keys: readonly string[], { hasLabels }: Tables): readonly Statement[] {
  const list = keys.map(() => '?').join(', ')
  return [
    { sql: `DELETE FROM cookietin_transitions WHERE run IN (${list})`, values: keys },
    ...(hasLabels ? [{ sql: `DELETE FROM cookietin_labels WHERE run IN (${list})`, values: keys }] : []),
    { sql: `DELETE FROM cookietin_runs WHERE key IN (${list})`, values: keys },
  ]
}

/** Deletes calls. */
export const deleteCalls = (keys: readonly string[]): readonly Statement[] => [
  { sql: `DELETE FROM cookietin_calls WHERE key IN (${keys.map(() => '?').join(', ')})`, values: keys },
]
