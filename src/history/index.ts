/**
 * What `cookietin/history` exports: runs that are kept in SQLite or PostgreSQL.
 *
 * @module cookietin/history
 */
export type { HistoryCall, HistoryCallQuery } from './calls/types.ts'
export { createHistory } from './history.ts'
export type { PostgresClient, PostgresPool } from './stores/postgres.ts'
export type {
  History,
  HistoryLimits,
  HistoryOptions,
  HistoryQuery,
  HistoryRecord,
  HistoryRun,
  HistoryStatus,
} from './types.ts'
