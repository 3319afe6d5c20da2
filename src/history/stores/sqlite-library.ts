import { pathToFileURL } from 'node:url'
import { CookietinError } from '../../errors.ts'
import type { Value } from './store.ts'

/** The API that Node's SQLite and the package `libsql` share. */
export interface Database {
  exec(sql: string): unknown
  prepare(sql: string): Prepared
  close(): void
}

/** A prepared statement. */
export interface Prepared {
  run(...values: Value[]): { readonly changes: number | bigint }
  all(...values: Value[]): unknown[]
}

/** Loads Node's own SQLite (22.13 and later), or the package `libsql`, which ships its binary. */
export async function loadSqlite(path: string): Promise<(file: string) => Database> {
  const own = withoutWarnings(() => process.getBuiltinModule('node:sqlite'))
  if (own !== undefined) return file => new own.DatabaseSync(file) as Database
  try {
    const { default: Libsql } = await import('libsql')
    return file => new Libsql(file) as unknown as Database
  } catch (cause) {
    throw new CookietinError(
      'ERR_COOKIETIN_HISTORY_FAILED',
      `Could not open the history in ${path}: Node.js ${process.version} has no SQLite of its own. Install the package libsql beside cookietin (npm install libsql), or use Node.js 22.13 or later`,
      { cause },
    )
  }
}

/** The URI of a file that SQLite opens for reading. `immutable`: no process writes to it, so SQLite needs no locks. */
export const readOnlyUri = (path: string, mode: 'mode=ro' | 'mode=ro&immutable=1'): string =>
  `${pathToFileURL(path).href}?${mode}`

/** Returns true for the error of a statement that another process's lock prevents. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error && /database (table |schema )?is locked|SQLITE_BUSY/.test(error.message)
}

/** Suppresses the warning of Node.js 22 that its SQLite is experimental: the user of a history cannot act on it. */
function withoutWarnings<T>(load: () => T): T {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return load()
  } finally {
    process.emitWarning = emitWarning
  }
}
