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
/** The history is pruned after this many runs. */
const pruneEvery = 100

/**
 * Opens a history of runs, with their transitions and decimated samples, in an SQLite file or a PostgreSQL database.
 *
 * Give it to `createExecutor({ history })`. Each result then resolves after its run is stored, so a kill loses no
 * result that was returned. SQLite comes with Node.js 22.13 and later; older versions need the package `libsql`.
 * PostgreSQL needs the package `pg`.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, listing every bad option.
 * @throws CookietinError `ERR_COOKIETIN_HISTORY_FAILED` if the database cannot be opened, or a package is missing.
 *
 * @example
 * await using history = await createHistory({ path: 'runs.db', maxRuns: 1_000 })
 * await using executor = createExecutor({ driver, history })
 * console.log(await history.list({ status: 'error' }))
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
    this.#writer = new Writer(store, error => this.#report(historyError('write to', store.name, error)))
    this.#isGone = owner => {
      const state = ownerState(owner)
      // In a file of this machine, another boot is an earlier one.
      return state === 'dead' || (store.isLocal && state === 'otherBoot')
    }
  }

  follow(transitions$: Observable<Transition>): RunRecorder {
    return new HistoryRecorder(
      this.#writer,
      createdAt => this.#newKey(createdAt),
      written => this.#whenWritten(written),
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

  /** Awaits the write of a run, with a timeout: a database that hangs must not block results. */
  async #whenWritten(written: Promise<void>): Promise<void> {
    const { timeout = defaultTimeout } = this.#limits
    let timer: NodeJS.Timeout | undefined
    const timedOut = new Promise<void>(resolve => {
      timer = setTimeout(() => {
        this.#report(historyError('write to', this.#store.name, `a run was not stored within ${timeout} ms`))
        resolve()
      }, timeout)
    })
    await Promise.race([written, timedOut])
    clearTimeout(timer)
    if (++this.#count % pruneEvery === 0) this.prune().catch(error => this.#report(error))
  }

  #report(error: unknown): void {
    const reported = error instanceof Error ? error : new Error(String(error))
    const { onError = (error: Error) => process.emitWarning(error.message, 'CookietinHistory') } = this.#limits
    try {
      onError(reported)
    } catch {
      // An error of the callback must not fail a run.
    }
  }

  /** Keys sort by creation time, then by a counter. The random part tells processes apart. */
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
