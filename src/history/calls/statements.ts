import type { ErrorCode } from '../../errors.ts'
import type { CallRecord, ObservedCall } from '../../functions/call/record.ts'
import { formatImage, parseImage } from '../../task/image-name.ts'
import { keyAt } from '../keys.ts'
import { Conditions } from '../queries.ts'
import { number, text, withoutNul } from '../rows.ts'
import type { Row, Statement } from '../stores/store.ts'
import type { HistoryCall, HistoryCallQuery } from './types.ts'

const columns = [
  ...['key', 'id', 'name', 'image', 'image_name', 'container'],
  ...['started_at', 'waited', 'duration', 'cold', 'status', 'error_code'],
]
/** Made once: a warm call takes a tenth of a millisecond. */
const insertSql = `INSERT INTO cookietin_calls (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT (key) DO NOTHING`

/** Inserts a call that has ended. */
export function insertCall(key: string, { functionName }: ObservedCall, record: CallRecord): Statement {
  const { id, image, containerId, startedAt, waited, duration, isCold, status, error } = record
  const values = [
    ...[key, id, withoutNul(functionName), image, formatImage(parseImage(image)), containerId ?? null],
    ...[startedAt, waited, duration, isCold ? 1 : 0, status ?? null, error ?? null],
  ]
  return { sql: insertSql, values }
}

/**
 * Selects calls, the newest first.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` if `image` is not the name of an image.
 */
export function selectCalls({
  id,
  functionName,
  image,
  containerId,
  failed,
  since,
  until,
  limit = 100,
  offset = 0,
}: HistoryCallQuery): Statement {
  const conditions = new Conditions()
  if (id !== undefined) conditions.add('id = ?', id)
  if (functionName !== undefined) conditions.add('name = ?', functionName)
  if (image !== undefined) conditions.addImage(image)
  if (containerId !== undefined) conditions.add('container = ?', containerId)
  const hasFailed = '(error_code IS NOT NULL OR COALESCE(status, 0) >= 400)'
  if (failed !== undefined) conditions.add(failed ? hasFailed : `NOT ${hasFailed}`)
  if (since !== undefined) conditions.add('key >= ?', keyAt(Number(since)))
  if (until !== undefined) conditions.add('key < ?', keyAt(Number(until)))
  return {
    sql: `SELECT * FROM cookietin_calls ${conditions.sql} ORDER BY key DESC LIMIT ? OFFSET ?`,
    values: [...conditions.values, limit, offset],
  }
}

/** Reads a call. */
export function callOf(row: Row): HistoryCall {
  return {
    key: String(row.key),
    id: String(row.id),
    functionName: String(row.name),
    image: String(row.image),
    containerId: text(row.container),
    startedAt: Number(row.started_at),
    waited: Number(row.waited),
    duration: Number(row.duration),
    isCold: Number(row.cold) === 1,
    status: number(row.status),
    error: text(row.error_code) as ErrorCode | undefined,
  }
}
