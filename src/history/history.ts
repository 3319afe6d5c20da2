import type { Observable } from 'rxjs'
import type { Transition } from '../cookie/result.ts'
import { CookietinError } from '../errors.ts'
import type { RunRecorder } from '../executor/observers/run-log.ts'
import { ownerState } from '../utils/owner.ts'
import { settles } from '../utils/timing.ts'
import { CallLog } from './calls/call-log.ts'
import { callOf, selectCalls } from './calls/statements.ts'
import type { HistoryCall, HistoryCallQuery } from './calls/types.ts'
import { keyMaker } from './keys.ts'
import { Pruner } from './pruner.ts'
import { type PruneLimits, pruneCalls, pruneRuns } from './pruning.ts'
import { selectLabels, selectRun, selectRuns, selectTransitions } from './queries.ts'
import { HistoryRecorder } from './recorder.ts'
import { recordOf, runOf } from './rows.ts'
import { openTables, type Tables } from './schema.ts'
import { openPostgres } from './stores/postgres.ts'
import { openSqlite } from './stores/sqlite.ts'
import { historyError, type Row, type Statement, type Store } from './stores/store.ts'
import type { History, HistoryOptions, HistoryQuery, HistoryRecord, HistoryRun } from './types.ts'
import { checkCallQuery, checkLimits, checkOptions, checkQuery, type Limits } from './validation.ts'
import { Writer } from './writer.ts'

const defaultTimeout = 10_000
const defaultMaxCalls = 10_000
/** How long a read waits for the runs that are being written, in ms. */
const readableAfter = 2_000
/** How long closing waits for them, in ms. */
const closeTimeout = 10_000
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
  checkOptions(options)
  const { readOnly = false } = options
  const report = reporter(options)
  const store = await (options.path === undefined
    ? openPostgres(options.postgres)
    : openSqlite(options.path, { readOnly, onReplaced: report }))
  try {
    const tables = await openTables(store, { readOnly }).catch((error: unknown) => {
      throw error instanceof CookietinError ? error : historyError('open', store.name, error)
    })
    const history = new OpenHistory({ store, tables, options, report })
    if (!readOnly) await history.prune()
    return history
  } catch (error) {
    await store.close()
    throw error
  }
}

interface OpenHistoryParts {
  readonly store: Store
  readonly tables: Tables
  readonly options: HistoryOptions
  readonly report: (error: Error) => void
}

class OpenHistory implements History {
  readonly #store: Store
  readonly #tables: Tables
  readonly #options: HistoryOptions
  readonly #report: (error: Error) => void
  readonly #writer: Writer
  readonly #calls: CallLog
  readonly #newKey = keyMaker()
  readonly #isGone: (owner: string) => boolean
  readonly #pruner: Pruner
  #closing: Promise<void> | undefined

  constructor({ store, tables, options, report }: OpenHistoryParts) {
    this.#store = store
    this.#tables = tables
    this.#options = options
    this.#report = report
    this.#writer = new Writer(store, error => report(historyError('write to', store.name, error)))
    this.#calls = new CallLog({ store, hasTable: tables.hasCalls, report, limits: () => callLimits(limitsOf(options)) })
    this.#pruner = new Pruner(pruneEvery, () => this.prune(), report)
    this.#isGone = owner => {
      const state = ownerState(owner)
      // In a file of this machine, another boot is an earlier one.
      return state === 'dead' || (store.isLocal && state === 'otherBoot')
    }
  }

  follow(transitions$: Observable<Transition>): RunRecorder {
    this.#checkWritable('write to')
    const parts = {
      writer: this.#writer,
      tables: this.#tables,
      newKey: this.#newKey,
      whenWritten: (written: Promise<void>) => this.#whenWritten(written),
      called: this.#options.maxCalls === 0 ? undefined : this.#calls.record.bind(this.#calls),
    }
    return new HistoryRecorder(parts, transitions$)
  }

  async list(given?: HistoryQuery): Promise<readonly HistoryRun[]> {
    const query = given ?? {}
    checkQuery(query)
    const rows = await this.#read(selectRuns(query, this.#tables))
    const labels = await this.#labelsOf(rows)
    return rows.map(row => runOf(row, labels, this.#isGone))
  }

  async listCalls(given?: HistoryCallQuery): Promise<readonly HistoryCall[]> {
    const query = given ?? {}
    checkCallQuery(query)
    const statement = selectCalls(query)
    return this.#tables.hasCalls ? (await this.#read(statement)).map(callOf) : []
  }

  async get(keyOrId: string): Promise<HistoryRecord | undefined> {
    const [row] = await this.#read(selectRun(keyOrId))
    if (row === undefined) return undefined
    const transitions = await this.#read(selectTransitions(String(row.key)))
    return recordOf(row, { transitions, labels: await this.#labelsOf([row]) }, this.#isGone)
  }

  async prune(given?: Limits): Promise<number> {
    const limits = given ?? limitsOf(this.#options)
    checkLimits(limits)
    this.#checkWritable('prune')
    const [runs, calls] = [pruneLimits(limits.maxAge, limits.maxRuns), callLimits(limits)]
    await Promise.all([this.#writer.flush(), this.#calls.flush()])
    try {
      const removed = await pruneRuns(this.#store, this.#tables, runs)
      return removed + (this.#tables.hasCalls ? await pruneCalls(this.#store, calls) : 0)
    } catch (error) {
      throw historyError('prune', this.#store.name, error)
    }
  }

  async flush(): Promise<void> {
    await Promise.all([this.#writer.flush(), this.#calls.flush()])
  }

  close(): Promise<void> {
    this.#closing ??= settles(
      Promise.all([this.#writer.close(), this.#calls.close(), this.#pruner.idle()]),
      closeTimeout,
    ).then(() => this.#store.close())
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** The labels of runs that are in the order of a list: the newest first. */
  async #labelsOf(rows: readonly Row[]): Promise<readonly Row[]> {
    const [newest, oldest] = [rows[0], rows.at(-1)]
    if (!this.#tables.hasLabels || newest === undefined || oldest === undefined) return []
    return await this.#read(selectLabels(String(oldest.key), String(newest.key)))
  }

  async #read(statement: Statement): Promise<readonly Row[]> {
    // A database that is locked for writing can often be read.
    await settles(this.flush(), readableAfter)
    try {
      return await this.#store.read(statement)
    } catch (error) {
      throw historyError('read', this.#store.name, error)
    }
  }

  /** Awaits the write of a run, with a timeout: a database that hangs must not block results. */
  async #whenWritten(written: Promise<void>): Promise<void> {
    const { timeout = defaultTimeout } = this.#options
    if (!(await settles(written, timeout))) {
      this.#report(historyError('write to', this.#store.name, `a run was not stored within ${timeout} ms`))
    }
    this.#pruner.recorded()
  }

  #checkWritable(doing: string): void {
    if (this.#options.readOnly) throw historyError(doing, this.#store.name, 'it is opened with readOnly')
  }
}

const limitsOf = ({ maxAge, maxRuns, maxCalls = defaultMaxCalls }: HistoryOptions): Limits => ({
  maxAge,
  maxRuns,
  maxCalls,
})

const callLimits = ({ maxAge, maxCalls }: Limits) => pruneLimits(maxAge, maxCalls)

const pruneLimits = (maxAge = Infinity, most = Infinity): PruneLimits => ({
  before: maxAge === Infinity ? undefined : Math.ceil(Date.now() - maxAge),
  newest: most === Infinity ? undefined : most,
})

function reporter({ onError }: HistoryOptions): (error: Error) => void {
  const report = onError ?? (({ message }: Error) => process.emitWarning(message, 'CookietinHistory'))
  return error => {
    try {
      report(error)
    } catch {
      // An error of the callback must not fail a run.
    }
  }
}
