import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { schema } from '../schema.ts'
import { retry } from './retry.ts'
import { type Database, isLocked, loadSqlite, type Prepared, readOnlyUri } from './sqlite-library.ts'
import { historyError, type Row, type Statement, type Store } from './store.ts'

/** How long a call waits for another process's lock, in ms. It waits by a timer: SQLite itself would block the process. */
const lockTimeout = 10_000

/** Pages that are given back to the disk at once, about 0.8 MB. */
const vacuumStep = 200

/** How an SQLite file is opened. */
export interface SqliteOptions {
  readonly readOnly: boolean
  /** Called when the file was deleted or replaced and a new one is made. */
  readonly onReplaced: (error: Error) => void
}

/** Opens an SQLite file. Writes are on the disk when they return: a kill or a crash of the machine loses nothing. */
export async function openSqlite(path: string, options: SqliteOptions): Promise<Store> {
  const library = await loadSqlite(path)
  const open = options.readOnly ? () => openForReading(path, library) : () => openForWriting(path, library)
  try {
    const database = await whileLocked(open)
    return new SqliteStore(path, database, await identityOf(path), open, options)
  } catch (error) {
    throw historyError('open', path, error)
  }
}

const whileLocked = <T>(call: () => T) => retry(call, { isPassing: isLocked, timeout: lockTimeout })

function openForWriting(path: string, library: (file: string) => Database): Database {
  if (path !== ':memory:') {
    mkdirSync(dirname(path), { recursive: true })
    // Commands may hold secrets, so only the owner may read the file.
    closeSync(openSync(path, 'a', 0o600))
  }
  return prepared(library(path), database => {
    // It can be set for an empty file only, and would need a lock for any other.
    if (pragma(database, 'page_count') === 0) database.exec('PRAGMA auto_vacuum = INCREMENTAL')
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  })
}

/** Opens a file that this process may not write, also where it may not make the files that SQLite keeps beside it. */
function openForReading(path: string, library: (file: string) => Database): Database {
  // Its errors name the reason; those of SQLite do not.
  accessSync(path, constants.R_OK)
  try {
    return prepared(library(readOnlyUri(path, 'mode=ro')))
  } catch (error) {
    if (isLocked(error) || existsSync(`${path}-wal`)) throw error
    return prepared(library(readOnlyUri(path, 'mode=ro&immutable=1')))
  }
}

function prepared(database: Database, set: (database: Database) => void = () => {}): Database {
  try {
    database.exec('PRAGMA busy_timeout = 0')
    set(database)
    // The first read opens the file.
    database.prepare('SELECT 1 FROM sqlite_master LIMIT 1').all()
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

class SqliteStore implements Store {
  readonly name: string
  readonly isLocal = true
  readonly #open: () => Database
  readonly #options: SqliteOptions
  #database: Database
  /** The device and inode of the open file. */
  #identity: string | undefined
  #isClosed = false
  #reopening: Promise<void> | undefined
  /** Preparing a statement costs more than running it. There are about a dozen. */
  readonly #prepared = new Map<string, Prepared>()

  constructor(
    name: string,
    database: Database,
    identity: string | undefined,
    open: () => Database,
    options: SqliteOptions,
  ) {
    this.name = name
    this.#database = database
    this.#identity = identity
    this.#open = open
    this.#options = options
  }

  async write(statements: readonly Statement[]): Promise<readonly number[]> {
    await this.#checkFile()
    return await whileLocked(() => this.#transact(statements))
  }

  async createTables(): Promise<void> {
    await this.write(schema)
  }

  async read({ sql, values }: Statement): Promise<readonly Row[]> {
    await this.#checkFile()
    return await whileLocked(() => this.#prepare(sql).all(...values) as Row[])
  }

  isPassing(error: unknown): boolean {
    return isLocked(error)
  }

  isMissingTable(error: unknown): boolean {
    return error instanceof Error && /no such table/.test(error.message)
  }

  async shrink(): Promise<void> {
    const [free, all] = [pragma(this.#database, 'freelist_count'), pragma(this.#database, 'page_count')]
    if (this.name === ':memory:' || free <= all / 10) return
    for (let left = free; left > 0; left -= vacuumStep) {
      await whileLocked(() => this.#database.exec(`PRAGMA incremental_vacuum(${vacuumStep})`))
      await nextTurn()
    }
    // Until then the space is free in the log only. A reader may prevent it; a later write then does it.
    this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#prepared.clear()
    try {
      this.#database.close()
    } catch {
      // It was closed when its file was replaced, and what is there now cannot be opened.
    }
  }

  #transact(statements: readonly Statement[]): readonly number[] {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const changes = statements.map(({ sql, values }) => Number(this.#prepare(sql).run(...values).changes))
      this.#database.exec('COMMIT')
      return changes
    } catch (error) {
      this.#rollBack()
      throw error
    }
  }

  /** A full disk ends the transaction by itself. The error of a second end would hide the first one. */
  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK')
    } catch {
      // There is no transaction.
    }
  }

  /** Opens the file anew where it was deleted or replaced: what is written to the old one is lost. */
  async #checkFile(): Promise<void> {
    if (this.#isClosed || this.#options.readOnly || this.name === ':memory:') return
    if ((await identityOf(this.name)) === this.#identity) return
    this.#reopening ??= this.#reopen().finally(() => {
      this.#reopening = undefined
    })
    await this.#reopening
  }

  async #reopen(): Promise<void> {
    this.#prepared.clear()
    try {
      this.#database.close()
    } catch {
      // An attempt before this one has closed it.
    }
    this.#identity = undefined
    this.#database = await whileLocked(this.#open)
    await whileLocked(() => this.#transact(schema))
    this.#identity = await identityOf(this.name)
    this.#options.onReplaced(
      historyError(
        'keep',
        this.name,
        'its file was deleted or replaced while it was open; a new one is used from now on',
      ),
    )
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    this.#prepared.set(sql, statement)
    return statement
  }
}

function pragma(database: Database, name: string): number {
  const [row] = database.prepare(`PRAGMA ${name}`).all() as Row[]
  return Number(row?.[name])
}

async function identityOf(path: string): Promise<string | undefined> {
  if (path === ':memory:') return undefined
  try {
    const { dev, ino } = await stat(path)
    return `${dev} ${ino}`
  } catch {
    return undefined
  }
}
