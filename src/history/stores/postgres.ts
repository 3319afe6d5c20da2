import { CookietinError } from '../../errors.ts'
import { schema } from '../schema.ts'
import { historyError, type Row, type Statement, type Store } from './store.ts'

/** A pool of connections, such as `Pool` of the package `pg`. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>
}

/** One connection of a {@link PostgresPool}. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: unknown[]; readonly rowCount: number | null }>
  /** Returns the connection to the pool. With `true`, ends it. */
  release(broken?: boolean): void
}

interface OwnPool extends PostgresPool {
  on(event: 'error', listener: () => void): unknown
  end(): Promise<void>
}

/** The advisory lock of processes that create the tables at once. An arbitrary number. */
const lock = 2_026_112_401

/** The timeout of each call, with the wait for a connection, in ms. */
const deadline = 10_000

/** Limits of each transaction, in ms. A process that stops within one must not hold its locks for long. */
const limits = { lock_timeout: 5_000, statement_timeout: 8_000, idle_in_transaction_session_timeout: 10_000 }

const setLimits = Object.entries(limits)
  .map(([name, ms]) => `SET LOCAL ${name} = ${ms}`)
  .join('; ')

/** Opens a PostgreSQL database by its address or a pool. The caller closes a pool that it gave. */
export async function openPostgres(postgres: string | PostgresPool): Promise<Store> {
  if (typeof postgres !== 'string') return new PostgresStore('PostgreSQL', postgres, async () => {})
  const name = withoutSecrets(postgres)
  const pool = await createPool(postgres, name)
  // The pool replaces an idle connection that breaks; without a listener the error would end the process.
  pool.on('error', () => {})
  return new PostgresStore(name, pool, () => pool.end())
}

class PostgresStore implements Store {
  readonly name: string
  readonly isLocal = false
  readonly #pool: PostgresPool
  readonly #end: () => Promise<void>

  constructor(name: string, pool: PostgresPool, end: () => Promise<void>) {
    this.name = name
    this.#pool = pool
    this.#end = end
  }

  async write(statements: readonly Statement[]): Promise<readonly number[]> {
    const results = await this.#transact(`BEGIN; ${setLimits}`, statements)
    return results.map(({ rowCount }) => rowCount ?? 0)
  }

  async createTables(): Promise<void> {
    await this.#transact(`BEGIN; ${setLimits}; SELECT pg_advisory_xact_lock(${lock})`, schema)
  }

  async read(statement: Statement): Promise<readonly Row[]> {
    const results = await this.#transact(`BEGIN READ ONLY; ${setLimits}`, [statement])
    return (results[0]?.rows ?? []) as Row[]
  }

  isPassing(error: unknown): boolean {
    const { code = '', message = '' } = Object(error) as { readonly code?: string; readonly message?: string }
    return passingCodes.test(code) || passingMessages.test(message)
  }

  isMissingTable(error: unknown): boolean {
    return (Object(error) as { readonly code?: unknown }).code === '42P01'
  }

  /** PostgreSQL's own autovacuum does it. */
  async shrink(): Promise<void> {}

  close(): Promise<void> {
    return this.#end()
  }

  async #transact(
    begin: string,
    statements: readonly Statement[],
  ): Promise<{ rows: unknown[]; rowCount: number | null }[]> {
    return await this.#use(async client => {
      const results: { rows: unknown[]; rowCount: number | null }[] = []
      try {
        await client.query(begin)
        for (const { sql, values } of statements) results.push(await client.query(numbered(sql), [...values]))
        await client.query('COMMIT')
      } catch (error) {
        await client.query('ROLLBACK').catch(() => {})
        throw error
      }
      return results
    })
  }

  /** Gives the work a connection. Ends the connection of work that fails or takes too long. */
  async #use<T>(work: (client: PostgresClient) => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${tooLate} ${deadline} ms`)), deadline)
    })
    try {
      const connecting = this.#pool.connect()
      const client = await Promise.race([connecting, late]).catch((error: unknown) => {
        connecting.then(
          client => client.release(),
          () => {},
        )
        throw error
      })
      let isBroken = true
      try {
        const result = await Promise.race([work(client), late])
        isBroken = false
        return result
      } finally {
        client.release(isBroken)
      }
    } finally {
      clearTimeout(timer)
    }
  }
}

const tooLate = 'the database did not answer within'

/** Errors of a connection or a lock, which may pass: classes of SQLSTATE, and codes of Node.js. */
const passingCodes =
  /^(08...|57P0[1-3]|57014|53300|55P03|25P03|40001|40P01|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|ENOENT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/

/** The package `pg` has no codes for these. */
const passingMessages = new RegExp(
  `^(${tooLate}|Query read timeout|timeout e(xceeded|xpired)|Connection terminated|Client (was closed|has encountered))`,
)

/** Replaces each `?` of SQLite by the `$1`, `$2`, … of PostgreSQL. */
function numbered(sql: string): string {
  let count = 0
  return sql.replaceAll('?', () => `$${++count}`)
}

function withoutSecrets(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined
  return url === undefined ? 'PostgreSQL' : `${url.protocol}//${url.host}${url.pathname}`
}

async function createPool(connectionString: string, name: string): Promise<OwnPool> {
  try {
    const { default: pg } = await import('pg')
    return new pg.Pool({
      connectionString,
      application_name: 'cookietin',
      max: 2,
      connectionTimeoutMillis: deadline,
      query_timeout: deadline,
    })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw historyError('open', name, cause)
    throw new CookietinError(
      'ERR_COOKIETIN_HISTORY_FAILED',
      `Could not open the history in ${name}: the package pg is not installed. Install it beside cookietin (npm install pg)`,
      { cause },
    )
  }
}
