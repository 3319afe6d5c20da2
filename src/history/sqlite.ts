import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { CookietinError } from '../errors.ts'
import { historyError, type Row, type Statement, type Store, type Value } from './store.ts'

/** What Node's own SQLite and the package `libsql` have in common. */
interface Database {
  exec(sql: string): unknown
  prepare(sql: string): Prepared
  close(): void
}

interface Prepared {
  run(...values: Value[]): { readonly changes: number | bigint }
  all(...values: Value[]): unknown[]
}

/** How long to wait for another process that writes, in ms. */
const busyTimeout = 5_000

/**
 * Opens an SQLite file. A write is on the disk when it returns: neither a kill nor a crash of the machine loses it, or leaves a file that
 * cannot be read.
 */
export async function openSqlite(path: string): Promise<Store> {
  const open = await loadSqlite(path)
  let database: Database
  try {
    // Commands may hold secrets: the file is its owner's only.
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
  /** Preparing costs more than carrying out; there are a dozen statements or so. */
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

/** Node's own SQLite, from 22.13 on; else the package `libsql`, which brings its binary along and needs no build. */
async function loadSqlite(path: string): Promise<(path: string) => Database> {
  const own = quietly(() => process.getBuiltinModule('node:sqlite'))
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

/** Node.js 22 warns of its SQLite as experimental, whoever uses it: nothing that the user of a history could do anything about. */
function quietly<T>(load: () => T): T {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return load()
  } finally {
    process.emitWarning = emitWarning
  }
}
