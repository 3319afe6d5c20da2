/**
 * What `cookietin/history` exports: runs that are kept in SQLite or PostgreSQL.
 *
 * @module cookietin/history
 */
export { createHistory } from './history.ts'
export type { PostgresClient, PostgresPool } from './postgres.ts'
export type {
  History,
  HistoryLimits,
  HistoryOptions,
  HistoryQuery,
  HistoryRecord,
  HistoryRun,
  HistoryStatus,
} from './types.ts'
