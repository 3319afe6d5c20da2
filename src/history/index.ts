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
