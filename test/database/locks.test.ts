import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import Libsql from 'libsql'
import pg from 'pg'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createMockDriver } from '../../src/driver/testing.ts'
import { createHistory, type History } from '../../src/history/index.ts'
import { createExecutor } from '../../src/index.ts'
import { databases, postgresSchema } from '../support/postgres/histories.ts'

async function runOne(history: History, id = 'r1') {
  await using driver = await createMockDriver({})
  await using executor = createExecutor({ driver, history })
  return await executor.run({ image: 'x', id })
}

/** Another connection that holds the lock for writing, in this process: it is released only if the event loop turns. */
function lockFile(library: string, path: string): () => void {
  // Locks of one library mean nothing to another one in the same process.
  const other = library === 'libsql' ? new Libsql(path) : new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  let isHeld = true
  const release = () => {
    if (isHeld) other.close()
    isHeld = false
  }
  onTestFinished(release)
  return release
}

/** A client that is connected until the end of the test. */
async function clientOf(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

describe.each(databases.slice(0, 2))("another process's lock on a file of %s", (library, create) => {
  it('does not stop the event loop: a run is stored when the lock is released', async () => {
    const options = (await create()) as { readonly path: string }
    const errors: Error[] = []
    await using history = await createHistory({ ...options, onError: error => errors.push(error) })
    const release = lockFile(library, options.path)
    const order: string[] = []
    const stored = runOne(history).then(() => order.push('stored'))
    setTimeout(() => {
      order.push('released')
      release()
    }, 100)
    await stored
    expect(order).toEqual(['released', 'stored'])
    expect(errors).toEqual([])
    expect(await history.list()).toMatchObject([{ id: 'r1', status: 'success' }])
  })

  it('holds a result back for `timeout` ms at most, and the run is stored later', async () => {
    const options = (await create()) as { readonly path: string }
    const errors: Error[] = []
    await using history = await createHistory({ ...options, timeout: 20, onError: error => errors.push(error) })
    const release = lockFile(library, options.path)
    expect((await runOne(history)).status).toBe('success')
    expect(errors.map(({ message }) => message)).toEqual([
      `Could not write to the history in ${options.path}: a run was not stored within 20 ms`,
    ])
    release()
    await history.flush()
    expect(await history.list()).toMatchObject([{ id: 'r1', status: 'success' }])
  })

  it('lets a history be opened, read and pruned', async () => {
    const options = (await create()) as { readonly path: string }
    await using first = await createHistory(options)
    await runOne(first)
    const release = lockFile(library, options.path)
    await using second = await createHistory(options)
    expect(await second.list()).toHaveLength(1)
    const pruned = second.prune({ maxRuns: 0 })
    setTimeout(release, 50)
    expect(await pruned).toBe(1)
  })
})

describe.each(databases)('pruning in %s', (name, create) => {
  /** A history with this many runs, each with a few transitions. */
  async function filled(count: number): Promise<{ readonly history: History; readonly path: string | undefined }> {
    const options = await create()
    const history = await createHistory(options)
    onTestFinished(() => history.close())
    const run = `INSERT INTO cookietin_runs (key, id, image, image_name, command, owner, created_at, status)
      VALUES`
    const rows = Array.from({ length: count }, (_, index) => {
      const key = `${index.toString(36).padStart(9, '0')}000001abcdef01`
      const status = index % 10 === 0 ? 'NULL' : "'success'"
      return {
        run: `('${key}', 'r${index}', 'x', 'x', '["${'y'.repeat(200)}"]', 'o', ${index}, ${status})`,
        transition: `('${key}', 0, 'created', 'preparing', 'prepare', ${index})`,
      }
    })
    const statements = [
      `${run} ${rows.map(row => row.run).join(', ')}`,
      `INSERT INTO cookietin_transitions VALUES ${rows.map(row => row.transition).join(', ')}`,
    ]
    if (options.path === undefined) {
      const client = await clientOf(options.postgres as string)
      for (const sql of statements) await client.query(sql)
    } else {
      const other = new DatabaseSync(options.path)
      for (const sql of statements) other.exec(sql)
      other.close()
    }
    return { history, path: options.path }
  }

  it('keeps the newest runs and those that may still run, and removes the transitions of the others', async () => {
    const { history } = await filled(2_000)
    expect(await history.prune({ maxRuns: 500 })).toBe(1_350)
    const left = await history.list({ limit: 10_000 })
    expect(left).toHaveLength(650)
    expect(left.slice(0, 500).map(({ id }) => id)).toEqual(
      Array.from({ length: 500 }, (_, index) => `r${1_999 - index}`),
    )
    expect(left.slice(500).every(({ status }) => status === 'unfinished')).toBe(true)
    expect((await history.get('r1990'))?.transitions).toHaveLength(1)
    expect(await history.prune({ maxRuns: 500 })).toBe(0)
    vi.useFakeTimers({ toFake: ['Date'], now: 10_000 })
    onTestFinished(() => void vi.useRealTimers())
    expect(await history.prune({ maxAge: 10_000 - 1_900 })).toBe(550)
    expect(await history.prune({ maxRuns: 0 })).toBe(90)
  })

  it('lets the event loop turn between small steps', async () => {
    const { history } = await filled(5_000)
    let turns = 0
    let isOver = false
    const counting = (async () => {
      for (; !isOver; turns++) await nextTurn()
    })()
    await history.prune({ maxRuns: 100 })
    isOver = true
    await counting
    expect(turns).toBeGreaterThan(15)
  })

  if (name !== 'PostgreSQL')
    it('gives the space back to the disk', async () => {
      const { history, path = '' } = await filled(5_000)
      const pages = () => {
        const other = new DatabaseSync(path)
        const [row] = other.prepare('PRAGMA page_count').all() as { page_count: number }[]
        other.close()
        return row?.page_count ?? 0
      }
      const before = pages()
      await history.prune({ maxRuns: 1_000 })
      expect(pages()).toBeLessThan(before / 2)
    })
})

describe('a lock in PostgreSQL', () => {
  it('of a process that stands still as it creates tables does not stop those that have them', async () => {
    const options = await postgresSchema()
    await (await createHistory(options)).close()
    const other = await clientOf(options.postgres)
    await other.query('BEGIN; SELECT pg_advisory_xact_lock(2026112401)')
    const errors: Error[] = []
    await using history = await createHistory({ ...options, timeout: 60_000, onError: error => errors.push(error) })
    expect((await runOne(history)).status).toBe('success')
    expect(await history.list()).toMatchObject([{ id: 'r1', status: 'success' }])
    expect(errors).toEqual([])
  })

  it('on a table lets the history be read only for a while, and the run is stored when it is released', async () => {
    const options = await postgresSchema()
    await using history = await createHistory({ ...options, timeout: 50, onError: () => {} })
    const other = await clientOf(options.postgres)
    await other.query('BEGIN; LOCK TABLE cookietin_runs IN EXCLUSIVE MODE')
    expect((await runOne(history)).status).toBe('success')
    expect(await history.list()).toEqual([])
    await other.query('ROLLBACK')
    await history.flush()
    expect(await history.list()).toMatchObject([{ id: 'r1', status: 'success' }])
  })

  it('is bounded in every transaction of its own', async () => {
    const options = await postgresSchema()
    await (await createHistory(options)).close()
    const other = await clientOf(options.postgres)
    const settings: string[] = []
    const pool = {
      connect: async () => ({
        query: async (text: string, values?: unknown[]) => {
          settings.push(...(/SET LOCAL \w+ = \d+/g[Symbol.match](text) ?? []))
          return await other.query(text, values)
        },
        release() {},
      }),
    }
    await using history = await createHistory({ postgres: pool })
    await history.list()
    expect(new Set(settings)).toEqual(
      new Set([
        'SET LOCAL lock_timeout = 5000',
        'SET LOCAL statement_timeout = 8000',
        'SET LOCAL idle_in_transaction_session_timeout = 10000',
      ]),
    )
  })
})

describe('rights in PostgreSQL', () => {
  /** The address of a history's tables for a new role with some rights on them. */
  async function roleWith(rights: string): Promise<{ readonly postgres: string }> {
    const options = await postgresSchema()
    await using history = await createHistory(options)
    await runOne(history)
    const owner = await clientOf(options.postgres)
    const { rows } = await owner.query<{ schema: string }>('SELECT current_schema() AS schema')
    const schema = rows[0]?.schema ?? ''
    const role = `role_${schema}`
    await owner.query(`CREATE ROLE ${role} LOGIN; GRANT USAGE ON SCHEMA ${schema} TO ${role};
      GRANT ${rights} ON ALL TABLES IN SCHEMA ${schema} TO ${role}`)
    onTestFinished(async () => {
      const last = new pg.Client({ connectionString: process.env.COOKIETIN_TEST_POSTGRES })
      await last.connect()
      await last.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
      await last.end()
    })
    return { postgres: options.postgres.replace(/\/\/[^@]*@/, `//${role}@`) }
  }

  it('a role that may not create tables uses those that exist', async () => {
    await using history = await createHistory(await roleWith('SELECT, INSERT, UPDATE, DELETE'))
    await runOne(history, 'r2')
    expect((await history.list()).map(({ id }) => id)).toEqual(['r2', 'r1'])
    expect(await history.prune({ maxRuns: 1 })).toBe(1)
  })

  it.each([true, false])('a role that may only read reads (readOnly: %s)', async readOnly => {
    await using history = await createHistory({ ...(await roleWith('SELECT')), readOnly })
    expect((await history.list()).map(({ id }) => id)).toEqual(['r1'])
    expect((await history.get('r1'))?.transitions.length).toBeGreaterThan(5)
  })
})
