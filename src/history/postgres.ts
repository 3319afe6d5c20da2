import { CookietinError } from '../errors.ts'
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

/** The advisory lock of every write: two processes must not create the tables at once. An arbitrary number. */
const lock = 2_026_112_401

/** The timeout of each call to the database, in ms. */
const deadline = 10_000

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
    return await this.#use(async client => {
      const changes: number[] = []
      try {
        await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${lock})`)
        for (const statement of statements) {
          const { rowCount } = await client.query(numbered(statement.sql), [...statement.values])
          changes.push(rowCount ?? 0)
        }
        await client.query('COMMIT')
      } catch (error) {
        await client.query('ROLLBACK').catch(() => {})
        throw error
      }
      return changes
    })
  }

  async read({ sql, values }: Statement): Promise<readonly Row[]> {
    return await this.#use(async client => (await client.query(numbered(sql), [...values])).rows as Row[])
  }

  close(): Promise<void> {
    return this.#end()
  }

  async #use<T>(work: (client: PostgresClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect()
    let broken = true
    try {
      const result = await work(client)
      broken = false
      return result
    } finally {
      client.release(broken)
    }
  }
}

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
