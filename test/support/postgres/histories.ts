import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { onTestFinished, vi } from 'vitest'
import type { HistoryOptions } from '../../../src/history/index.ts'

/** Creates an empty history's options. Its files or tables are removed after the test. */
export type NewHistory = () => Promise<HistoryOptions>

/** An SQLite file in its own folder. */
export async function sqliteFile(): Promise<{ readonly path: string }> {
  const folder = await mkdtemp('/tmp/ct-')
  onTestFinished(() => rm(folder, { recursive: true }))
  return { path: join(folder, 'history.db') }
}

/** Like {@link sqliteFile}, on a Node without SQLite. */
async function libsqlFile(): Promise<{ readonly path: string }> {
  hideSqlite()
  return sqliteFile()
}

/** Hides Node's SQLite until the end of the test. */
export function hideSqlite(): void {
  const spy = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
  onTestFinished(() => spy.mockRestore())
}

/** A new schema in the database of the tests. */
export async function postgresSchema(): Promise<{ readonly postgres: string }> {
  const address = process.env.COOKIETIN_TEST_POSTGRES ?? ''
  const name = `ct_${randomBytes(6).toString('hex')}`
  const run = async (sql: string) => {
    const client = new pg.Client({ connectionString: address })
    await client.connect()
    await client.query(sql)
    await client.end()
  }
  await run(`CREATE SCHEMA ${name}`)
  onTestFinished(() => run(`DROP SCHEMA ${name} CASCADE`))
  return { postgres: `${address}?options=${encodeURIComponent(`-c search_path=${name}`)}` }
}

/** The databases that every history test uses. */
export const databases: readonly (readonly [name: string, create: NewHistory])[] = [
  ["Node's SQLite", sqliteFile],
  ['libsql', libsqlFile],
  ['PostgreSQL', postgresSchema],
]
