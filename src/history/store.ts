import { CookietinError } from '../errors.ts'

/** What a database can hold in one field here. */
export type Value = string | number | null

/** One statement; each `?` stands for the next of the values. */
export interface Statement {
  readonly sql: string
  readonly values: readonly Value[]
  /** Of those that cannot be written together, these are tried first. */
  readonly matters?: boolean
}

/** A row as a database gives it: large whole numbers may come as strings or bigints. */
export type Row = Readonly<Record<string, unknown>>

/** A database, behind the SQL that SQLite and PostgreSQL share. */
export interface Store {
  /** What it is, for errors: its file, or its host and name without a password. */
  readonly name: string
  /** Nobody but this machine writes to it. */
  readonly isLocal: boolean
  /** Carries statements out together or not at all, durably; gives for each how many rows it changed. */
  write(statements: readonly Statement[]): Promise<readonly number[]>
  read(statement: Statement): Promise<readonly Row[]>
  close(): Promise<void>
}

/** The error of a history that cannot do what it should. */
export function historyError(doing: string, name: string, cause: unknown): CookietinError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new CookietinError('ERR_COOKIETIN_HISTORY_FAILED', `Could not ${doing} the history in ${name}: ${reason}`, {
    cause,
  })
}
