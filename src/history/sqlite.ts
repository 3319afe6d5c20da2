import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { CookietinError } from '../errors.ts'
import { historyError, type Row, type Statement, type Store, type Value } from './store.ts'

/** The API that Node's SQLite and the package `libsql` share. */
interface Database {
  exec(sql: string): unknown
  prepare(sql: string): Prepared
  close(): void
}

interface Prepared {
  run(...values: Value[]): { readonly changes: number | bigint }
  all(...values: Value[]): unknown[]
}

/** How long a write waits for another process that writes, in ms. */
const busyTimeout = 5_000

/** Opens an SQLite file. Writes are on the disk when they return: a kill or a crash of the machine loses nothing. */
export async function openSqlite(path: string): Promise<Store> {
  const open = await loadSqlite(path)
  let database: Database
  try {
    // Commands may hold secrets, so only the owner may read the file.
    if (path !== ':memory:') {
      mkdirSync(dirname(path), { recursive: true })
      closeSync(openSync(path, 'a', 0o600))
    }
    database = open(path)
    database.exec(`PRAGMA busy_timeout = ${busyTimeout}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`)
  } catch (error) {
    throw historyError('open', path, error)
  }
  return new SqliteStore(path, database)
}

class SqliteStore implements Store {
  readonly name: string
  readonly isLocal = true
  readonly #database: Database
  /** Preparing a statement costs more than running it. There are about a dozen. */
  readonly #prepared = new Map<string, Prepared>()

  constructor(name: string, database: Database) {
    this.name = name
    this.#database = database
  }

  async write(statements: readonly Statement[]): Promise<readonly number[]> {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const changes = statements.map(({ sql, values }) => Number(this.#prepare(sql).run(...values).changes))
      this.#database.exec('COMMIT')
      return changes
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  async read({ sql, values }: Statement): Promise<readonly Row[]> {
    return this.#prepare(sql).all(...values) as Row[]
  }

  async close(): Promise<void> {
    this.#prepared.clear()
    this.#database.close()
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known !== undefined) return known
    const prepared = this.#database.prepare(sql)
    this.#prepared.set(sql, prepared)
    return prepared
  }
}

/** Loads Node's own SQLite (22.13 and later), or the package `libsql`, which ships its binary. */
async function loadSqlite(path: string): Promise<(path: string) => Database> {
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
