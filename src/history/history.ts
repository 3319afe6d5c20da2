import { randomBytes } from 'node:crypto'
import type { Observable } from 'rxjs'
import type { Transition } from '../cookie/result.ts'
import type { RunRecorder } from '../executor/run-log.ts'
import { ownerState } from '../utils/owner.ts'
import { Issues } from '../utils/validation/issues.ts'
import { milliseconds, or, whole } from '../utils/validation/rules.ts'
import { openPostgres } from './postgres.ts'
import { deleteRuns, selectRun, selectRuns, selectTransitions } from './queries.ts'
import { HistoryRecorder } from './recorder.ts'
import { recordOf, runOf } from './rows.ts'
import { schema, schemaVersion } from './schema.ts'
import { openSqlite } from './sqlite.ts'
import { historyError, type Row, type Statement, type Store } from './store.ts'
import type { History, HistoryLimits, HistoryOptions, HistoryQuery, HistoryRecord, HistoryRun } from './types.ts'
import { Writer } from './writer.ts'

const defaultTimeout = 10_000
/** After so many runs what is too old, or too many, is removed again. */
const pruneEvery = 100

/**
 * Opens a history of runs, with its transitions and decimated samples, in an SQLite file or a PostgreSQL database. Give it to
 * `createExecutor({ history })`: a result is then handed out when its run is kept, so that not even a kill loses it.
 *
 * SQLite is Node's own from Node.js 22.13 on, else the package `libsql`; PostgreSQL takes the package `pg`. Neither is installed with cookietin.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, listing every bad option.
 * @throws CookietinError `ERR_COOKIETIN_HISTORY_FAILED` where the database cannot be opened or a package is missing.
 */
export async function createHistory(options: HistoryOptions): Promise<History> {
  check(options)
  const store = await (options.path === undefined ? openPostgres(options.postgres) : openSqlite(options.path))
  try {
    await store.write(schema).catch(error => {
      throw historyError('open', store.name, error)
    })
    const [row] = await store.read({ sql: 'SELECT version FROM cookietin_schema', values: [] })
    if (Number(row?.version) > schemaVersion) {
      throw historyError('open', store.name, 'it was made by a newer cookietin; update this one')
    }
    const history = new OpenHistory(store, options)
    await history.prune()
    return history
  } catch (error) {
    await store.close()
    throw error
  }
}

class OpenHistory implements History {
  readonly #store: Store
  readonly #limits: HistoryLimits
  readonly #writer: Writer
  readonly #isGone: (owner: string) => boolean
  #count = 0
  #lastKey = 0
  #closing: Promise<void> | undefined

  constructor(store: Store, limits: HistoryLimits) {
    this.#store = store
    this.#limits = limits
    this.#writer = new Writer(store, error => this.#tell(historyError('write to', store.name, error)))
    this.#isGone = owner => {
      const state = ownerState(owner)
      // A file of this machine that speaks of another boot speaks of one before.
      return state === 'dead' || (store.isLocal && state === 'otherBoot')
    }
  }

  follow(transitions$: Observable<Transition>): RunRecorder {
    return new HistoryRecorder(
      this.#writer,
      createdAt => this.#newKey(createdAt),
      written => this.#ended(written),
      transitions$,
    )
  }

  async list(query: HistoryQuery = {}): Promise<readonly HistoryRun[]> {
    const rows = await this.#read(selectRuns(query))
    return rows.map(row => runOf(row, this.#isGone))
  }

  async get(keyOrId: string): Promise<HistoryRecord | undefined> {
    const [row] = await this.#read(selectRun(keyOrId))
    if (row === undefined) return undefined
    return recordOf(row, await this.#read(selectTransitions(String(row.key))), this.#isGone)
  }

  async prune({ maxAge, maxRuns }: Pick<HistoryLimits, 'maxAge' | 'maxRuns'> = this.#limits): Promise<number> {
    if (maxAge === undefined && maxRuns === undefined) return 0
    await this.#writer.flush()
    const before = maxAge === undefined ? undefined : Math.ceil(Date.now() - maxAge)
    const changes = await this.#store.write(deleteRuns(before, maxRuns)).catch(error => {
      throw historyError('prune', this.#store.name, error)
    })
    return changes.at(-1) ?? 0
  }

  flush(): Promise<void> {
    return this.#writer.flush()
  }

  close(): Promise<void> {
    this.#closing ??= this.#writer.flush().then(() => this.#store.close())
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #read(statement: Statement): Promise<readonly Row[]> {
    await this.#writer.flush()
    try {
      return await this.#store.read(statement)
    } catch (error) {
      throw historyError('read', this.#store.name, error)
    }
  }

  /** Holds a result back until its run is kept, but not for ever: a database that hangs must not hold up what works. */
  async #ended(written: Promise<void>): Promise<void> {
    const { timeout = defaultTimeout } = this.#limits
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>(resolve => {
      timer = setTimeout(() => {
        this.#tell(historyError('write to', this.#store.name, `a run was not kept within ${timeout} ms`))
        resolve()
      }, timeout)
    })
    await Promise.race([written, late])
    clearTimeout(timer)
    if (++this.#count % pruneEvery === 0) this.prune().catch(error => this.#tell(error))
  }

  #tell(error: unknown): void {
    const told = error instanceof Error ? error : new Error(String(error))
    const { onError = (error: Error) => process.emitWarning(error.message, 'CookietinHistory') } = this.#limits
    try {
      onError(told)
    } catch {
      // What the callback does wrong must not fail a run.
    }
  }

  /** Sorts as the runs came: by time, then by number, then by chance between processes. */
  #newKey(createdAt: number): string {
    this.#lastKey++
    return [
      createdAt.toString(36).padStart(9, '0'),
      this.#lastKey.toString(36).padStart(6, '0'),
      randomBytes(4).toString('hex'),
    ].join('')
  }
}

function check(options: HistoryOptions): void {
  const { path, postgres, maxAge, maxRuns, timeout } = options
  const issues = new Issues()
  if ((path === undefined) === (postgres === undefined)) {
    issues.add('path', path, 'given, or else postgres, and not both')
  } else if (path !== undefined && (typeof path !== 'string' || path === '')) {
    issues.add('path', path, 'the path of a file')
  }
  issues.read('maxAge', maxAge, or(milliseconds(), Infinity), 0)
  issues.read('maxRuns', maxRuns, whole(), 0)
  issues.read('timeout', timeout, whole({ min: 1, max: 2 ** 31 - 1, unit: 'ms' }), 0)
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
}
