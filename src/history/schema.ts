import { historyError, type Statement, type Store } from './stores/store.ts'

/** The version of the tables. A database with a newer version is not opened. */
const schemaVersion = 1

/** Creates missing tables. Their prefix keeps them apart from other tables of the database. */
export const schema: readonly Statement[] = [
  `CREATE TABLE IF NOT EXISTS cookietin_schema (version INTEGER NOT NULL)`,
  `INSERT INTO cookietin_schema SELECT ${schemaVersion} WHERE NOT EXISTS (SELECT 1 FROM cookietin_schema)`,
  `CREATE TABLE IF NOT EXISTS cookietin_runs (
    key TEXT PRIMARY KEY, id TEXT NOT NULL, image TEXT NOT NULL, image_name TEXT NOT NULL, command TEXT NOT NULL,
    owner TEXT NOT NULL, created_at BIGINT NOT NULL, status TEXT, exit_code BIGINT, oom_killed INTEGER,
    error_code TEXT, error_message TEXT, started_at BIGINT, ended_at BIGINT, timings TEXT, stats TEXT)`,
  `CREATE TABLE IF NOT EXISTS cookietin_transitions (
    run TEXT NOT NULL, position INTEGER NOT NULL, from_state TEXT NOT NULL, to_state TEXT NOT NULL,
    event TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (run, position))`,
  `CREATE TABLE IF NOT EXISTS cookietin_labels (
    run TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, name))`,
  `CREATE TABLE IF NOT EXISTS cookietin_calls (
    key TEXT PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL, image TEXT NOT NULL, image_name TEXT NOT NULL,
    container TEXT, started_at BIGINT NOT NULL, waited DOUBLE PRECISION NOT NULL, duration DOUBLE PRECISION NOT NULL,
    cold INTEGER NOT NULL, status INTEGER, error_code TEXT)`,
  `CREATE INDEX IF NOT EXISTS cookietin_runs_created_at ON cookietin_runs (created_at)`,
  `CREATE INDEX IF NOT EXISTS cookietin_runs_id ON cookietin_runs (id)`,
].map(sql => ({ sql, values: [] }))

/** What a database can store besides runs and transitions. Each is false in a database of an earlier version to which this one may not add a table. */
export interface Tables {
  readonly hasLabels: boolean
  readonly hasCalls: boolean
}

/**
 * Makes sure that a database has the tables of this version. Creates them only where they are missing: a role without
 * the right to create tables can use those that exist.
 */
export async function openTables(store: Store, { readOnly }: { readonly readOnly: boolean }): Promise<Tables> {
  let version = await storedVersion(store)
  if (version === undefined) {
    if (readOnly) throw historyError('open', store.name, 'it has no runs of cookietin')
    await store.createTables()
    version = await storedVersion(store)
  }
  if (Number(version) > schemaVersion) {
    throw historyError('open', store.name, 'it was made by a newer cookietin; update this one')
  }
  const tables = await tablesOf(store)
  if (readOnly || (tables.hasLabels && tables.hasCalls)) return tables
  // Without the right to add a table, runs are stored without their labels, and calls are not stored.
  await store.createTables().catch(() => {})
  return await tablesOf(store)
}

const tablesOf = async (store: Store): Promise<Tables> => ({
  hasLabels: await hasTable(store, 'cookietin_labels'),
  hasCalls: await hasTable(store, 'cookietin_calls'),
})

async function hasTable(store: Store, name: string): Promise<boolean> {
  try {
    await store.read({ sql: `SELECT 1 FROM ${name} LIMIT 1`, values: [] })
    return true
  } catch (error) {
    if (store.isMissingTable(error)) return false
    throw error
  }
}

/** Returns undefined where the tables are missing. */
async function storedVersion(store: Store): Promise<unknown> {
  try {
    const [row] = await store.read({ sql: 'SELECT version FROM cookietin_schema', values: [] })
    return row?.version
  } catch (error) {
    if (store.isMissingTable(error)) return undefined
    throw error
  }
}
