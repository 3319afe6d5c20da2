import { CookietinError, messageOf } from '../../errors.ts'

/** A value of one field. */
export type Value = string | number | null

/** An SQL statement with a `?` for each of the values. */
export interface Statement {
  readonly sql: string
  readonly values: readonly Value[]
  /** When a batch fails, these statements are retried first. */
  readonly isImportant?: boolean
}

/** A row of a result. Large integers may be strings or bigints. */
export type Row = Readonly<Record<string, unknown>>

/** A database, for the SQL that SQLite and PostgreSQL share. Each call ends within 10 s. */
export interface Store {
  /** Its file, or its host and name without a password, for error messages. */
  readonly name: string
  /** True if only this machine writes to it. */
  readonly isLocal: boolean
  /** Runs statements durably in one transaction. Resolves with the number of changed rows of each. */
  write(statements: readonly Statement[]): Promise<readonly number[]>
  /** Creates the missing tables. Processes that do it at once wait for each other. */
  createTables(): Promise<void>
  read(statement: Statement): Promise<readonly Row[]>
  /** Returns true for an error that may pass by itself, such as a lock of another process. */
  isPassing(error: unknown): boolean
  /** Returns true for the error of a table that does not exist. */
  isMissingTable(error: unknown): boolean
  /** Gives the space of deleted rows back to the disk, if there is much of it. */
  shrink(): Promise<void>
  close(): Promise<void>
}

/** The error of a failed operation on a history. */
export function historyError(doing: string, name: string, cause: unknown): CookietinError {
  const message = `Could not ${doing} the history in ${name}: ${messageOf(cause)}`
  return new CookietinError('ERR_COOKIETIN_HISTORY_FAILED', message, { cause })
}
