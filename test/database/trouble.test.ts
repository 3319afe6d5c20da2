import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createMockDriver } from '../../src/driver/testing.ts'
import { createHistory, type PostgresPool } from '../../src/history/index.ts'
import { createExecutor } from '../../src/index.ts'
import { hideSqlite, sqliteFile } from '../support/postgres/histories.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp('/tmp/ct-')
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

/** A pool whose every query goes through `query`. */
const poolOf = (query: (text: string) => Promise<unknown[]>): PostgresPool => ({
  connect: async () => ({
    query: async text => {
      const rows = await query(text)
      return { rows, rowCount: rows.length }
    },
    release() {},
  }),
})

const version = (text: string) => (text.startsWith('SELECT version') ? [{ version: 1 }] : [])

async function runOne(history: Awaited<ReturnType<typeof createHistory>>) {
  await using driver = await createMockDriver({})
  await using executor = createExecutor({ driver, history })
  return await executor.run({ image: 'x' })
}

describe('a history that cannot be opened reports the reason', () => {
  it('a file that is not a database', async () => {
    const path = join(await folder(), 'notes.txt')
    await writeFile(path, 'dear diary, '.repeat(1000))
    await expect(createHistory({ path })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_HISTORY_FAILED',
      message: `Could not open the history in ${path}: file is not a database`,
    })
  })

  it('a folder that cannot be created', async () => {
    const path = join(await folder(), 'file')
    await writeFile(path, '')
    await expect(createHistory({ path: join(path, 'history.db') })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_HISTORY_FAILED',
    })
  })

  it('tables of a newer cookietin', async () => {
    const pool = poolOf(async text => (text.startsWith('SELECT version') ? [{ version: 2 }] : []))
    await expect(createHistory({ postgres: pool })).rejects.toThrow(
      'Could not open the history in PostgreSQL: it was made by a newer cookietin; update this one',
    )
  })

  it('a Node without SQLite and without libsql', async () => {
    hideSqlite()
    vi.doMock('libsql', () => {
      throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' })
    })
    onTestFinished(() => vi.doUnmock('libsql'))
    await expect(createHistory({ path: join(await folder(), 'h.db') })).rejects.toThrow('npm install libsql')
  })

  it('a database that does not answer', async () => {
    await expect(createHistory({ postgres: 'postgres://me:secret@127.0.0.1:1/none' })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_HISTORY_FAILED',
      message: expect.stringMatching(
        /^Could not open the history in postgres:\/\/127\.0\.0\.1:1\/none: .*ECONNREFUSED/,
      ) as string,
    })
  })

  it.each([
    [{}, 'path: undefined is not allowed, it must be given, or else postgres, and not both'],
    [{ path: '' }, "path: '' is not allowed"],
    [{ path: 'x', maxAge: -1, maxRuns: 1.5, timeout: 0 }, /maxAge: -1 [\s\S]*maxRuns: 1.5 [\s\S]*timeout: 0 /],
  ])('%o', async (options, message) => {
    await expect(createHistory(options as never)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_CONFIG' })
    await expect(createHistory(options as never)).rejects.toThrow(message)
  })

  it('a promise of a history, given to an executor', async () => {
    await using driver = await createMockDriver({})
    const history = createHistory({ path: ':memory:' })
    expect(() => createExecutor({ driver, history: history as never })).toThrow(
      'history: a value of type Promise is not allowed, it must be a history made by createHistory(), awaited',
    )
    await (await history).close()
  })
})

describe('a history that cannot store a run', () => {
  it('reports it, and the run continues', async () => {
    const errors: Error[] = []
    const pool = poolOf(async text => {
      if (text.startsWith('INSERT INTO cookietin_runs')) throw new Error('disk full')
      return version(text)
    })
    await using history = await createHistory({ postgres: pool, onError: error => errors.push(error) })
    expect((await runOne(history)).status).toBe('success')
    expect(errors[0]).toMatchObject({
      code: 'ERR_COOKIETIN_HISTORY_FAILED',
      message: 'Could not write to the history in PostgreSQL: disk full',
    })
  })

  it('stores the other runs of the same batch', async () => {
    const written: string[] = []
    const pool = poolOf(async text => {
      if (text.startsWith('INSERT INTO cookietin_transitions')) throw new Error('no')
      if (text.startsWith('INSERT INTO cookietin_runs')) written.push(text)
      return version(text)
    })
    await using history = await createHistory({ postgres: pool, onError: () => {} })
    await runOne(history)
    expect(written.some(text => text.includes('DO UPDATE'))).toBe(true)
  })

  it('gives up soon if the database is gone, for any number of runs', async () => {
    let calls = 0
    let isGone = false
    const pool = poolOf(async text => {
      if (isGone && text.startsWith('BEGIN')) calls++
      if (isGone) throw new Error('gone')
      return version(text)
    })
    const errors: Error[] = []
    await using history = await createHistory({ postgres: pool, onError: error => errors.push(error) })
    isGone = true
    await using driver = await createMockDriver({})
    await using executor = createExecutor({ driver, history, concurrency: 100 })
    await Promise.all(Array.from({ length: 100 }, () => executor.run({ image: 'x' })))
    await executor.onIdle()
    await history.flush()
    expect(errors.length).toBeGreaterThan(0)
    // The transitions of all runs are 800 statements.
    expect(calls).toBeLessThan(200)
  })

  it('holds a result back no longer than its timeout', async () => {
    let hangs = false
    const pool = poolOf(text => (hangs ? new Promise(() => {}) : Promise.resolve(version(text))))
    const errors: Error[] = []
    const history = await createHistory({ postgres: pool, timeout: 20, onError: error => errors.push(error) })
    hangs = true
    expect((await runOne(history)).status).toBe('success')
    expect(errors.map(({ message }) => message)).toEqual([
      'Could not write to the history in PostgreSQL: a run was not stored within 20 ms',
    ])
  })

  it('emits a warning without onError, and survives an onError that throws', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    onTestFinished(() => warn.mockRestore())
    const history = await createHistory(await sqliteFile())
    await history.close()
    expect((await runOne(history)).status).toBe('success')
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('Could not write to the history in'), 'CookietinHistory')
    const broken = await createHistory({
      ...(await sqliteFile()),
      onError() {
        throw new Error('oh')
      },
    })
    await broken.close()
    expect((await runOne(broken)).status).toBe('success')
    await expect(broken.list()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_HISTORY_FAILED' })
  })
})
