import { execFile } from 'node:child_process'
import { chmodSync, existsSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createMockDriver, type MockScript } from '../../src/driver/testing.ts'
import { createHistory, type History } from '../../src/history/index.ts'
import { createExecutor } from '../../src/index.ts'
import { databases, sqliteFile } from '../support/postgres/histories.ts'

async function runOne(history: History, id: string, script: MockScript = {}, labels: Record<string, string> = {}) {
  await using driver = await createMockDriver(script)
  await using executor = createExecutor({ driver, history })
  return await executor.run({ image: 'x', id, labels, onStat: () => {} })
}

describe('a full disk', () => {
  it('is reported as such, by writing and by pruning', async () => {
    const sqlite = process.getBuiltinModule('node:sqlite')
    class SmallDatabase extends DatabaseSync {
      constructor(path: string) {
        super(path)
        this.exec('PRAGMA max_page_count = 24')
      }
    }
    const spy = vi.spyOn(process, 'getBuiltinModule').mockReturnValue({ ...sqlite, DatabaseSync: SmallDatabase })
    onTestFinished(() => spy.mockRestore())
    const errors: Error[] = []
    const { path } = await sqliteFile()
    await using history = await createHistory({ path, onError: error => errors.push(error) })
    for (let index = 0; errors.length === 0 && index < 100; index++) await runOne(history, `r${index}`)
    expect(errors[0]).toMatchObject({
      code: 'ERR_COOKIETIN_HISTORY_FAILED',
      message: `Could not write to the history in ${path}: database or disk is full`,
      cause: { message: 'database or disk is full' },
    })
    expect(await history.prune({ maxRuns: 1 })).toBeGreaterThan(0)
    const count = errors.length
    await runOne(history, 'last')
    expect(errors).toHaveLength(count)
  })
})

describe('a file of an earlier version, which has no table of labels', () => {
  it('is read as it is, and gets the table when it is opened to write', async () => {
    const { path } = await sqliteFile()
    const first = await createHistory({ path })
    await runOne(first, 'old')
    await first.close()
    const database = new DatabaseSync(path)
    database.exec('DROP TABLE cookietin_labels')
    database.close()
    const reader = await createHistory({ path, readOnly: true })
    expect(await reader.list()).toMatchObject([{ id: 'old', labels: {} }])
    expect(await reader.list({ labels: { team: 'red' } })).toEqual([])
    await reader.close()
    await using writer = await createHistory({ path })
    await runOne(writer, 'new', {}, { team: 'red' })
    expect(await writer.list({ labels: { team: 'red' } })).toMatchObject([{ id: 'new' }])
    expect(await writer.prune({ maxRuns: 0 })).toBe(2)
  })
})

describe.each(databases.slice(0, 2))('a file of %s that is deleted while it is open', (_, create) => {
  it('is made anew, and that is reported', async () => {
    const options = (await create()) as { readonly path: string }
    const errors: Error[] = []
    await using history = await createHistory({ ...options, onError: error => errors.push(error) })
    await using other = await createHistory({ ...options, onError: error => errors.push(error) })
    await runOne(history, 'r1')
    rmSync(options.path)
    await runOne(history, 'r2')
    await runOne(other, 'r3')
    const message = `Could not keep the history in ${options.path}: its file was deleted or replaced while it was open; a new one is used from now on`
    expect(errors.map(error => error.message)).toEqual([message, message])
    expect((await history.list()).map(({ id }) => id)).toEqual(['r3', 'r2'])
    expect((await history.get('r2'))?.transitions).toHaveLength(7)
    expect(statSync(options.path).mode & 0o777).toBe(0o600)
    rmSync(dirname(options.path), { recursive: true })
    await runOne(history, 'r4')
    expect((await history.list()).map(({ id }) => id)).toEqual(['r4'])
  })
})

describe.each(databases)('a history in %s stores a run', (_, create) => {
  it('without the samples that have no place in it', async () => {
    await using history = await createHistory(await create())
    const at = 1_767_323_045_000
    const stats = [
      { timestamp: at, metrics: { pids: 1 } },
      { timestamp: at + 1, metrics: { pids: 2, cpu_total: Number.NaN, net_rx: -1, net_tx: Number.POSITIVE_INFINITY } },
      { timestamp: at + 2, metrics: { pids: 'three' as unknown as number } },
      { timestamp: 1e300, metrics: { pids: 4 } },
      { timestamp: at + 3, metrics: null as never },
    ]
    const { status } = await runOne(history, 'r1', { stats })
    expect(status).toBe('success')
    const record = await history.get('r1')
    expect(record).toMatchObject({ status: 'success', exitCode: 0 })
    for (const stat of record?.stats ?? []) {
      expect(Object.keys(stat.metrics).filter(name => name !== 'pids')).toEqual([])
      expect(Math.abs(stat.timestamp - at)).toBeLessThan(10)
    }
  })

  it('with times in order, also where the clock is set back', async () => {
    await using history = await createHistory(await create())
    await using driver = await createMockDriver({ runFor: Number.POSITIVE_INFINITY })
    await using executor = createExecutor({ driver, history })
    const execution = executor.run({ image: 'x', id: 'r1' })
    await new Promise<void>(resolve => {
      execution.state$.subscribe(state => state === 'running' && resolve())
    })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 })
    onTestFinished(() => void vi.useRealTimers())
    execution.cancel()
    await execution
    const { createdAt = Number.NaN, startedAt = Number.NaN, endedAt = Number.NaN } = (await history.get('r1')) ?? {}
    expect(startedAt).toBeGreaterThanOrEqual(createdAt)
    expect(endedAt).toBeGreaterThanOrEqual(startedAt)
  })

  it.each([
    [{ stauts: 'error' }, /stauts: .* must be given as status/],
    [{ status: 'eror' }, "status: 'eror' is not allowed, it must be one of 'success', 'error'"],
    [{ status: ['error', 7] }, 'status: 7 is not allowed'],
    [{ since: '2026-01-01' }, "since: '2026-01-01' is not allowed, it must be a Unix time in ms, or a Date"],
    [{ since: new Date('yesterday') }, 'since: a value of type Date'],
    [{ until: Number.NaN, limit: Infinity, offset: -1 }, /until: NaN[\s\S]*limit: Infinity[\s\S]*offset: -1/],
    [{ id: 7, image: 3 }, /image: 3[\s\S]*id: 7/],
    ['r1', 'options: a value of type string'],
  ])('and refuses the query %o', async (query, message) => {
    await using history = await createHistory(await create())
    const listed = history.list(query as never)
    await expect(listed).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_CONFIG' })
    await expect(listed).rejects.toThrow(message)
  })

  it('and refuses limits that would remove nothing, or all', async () => {
    await using history = await createHistory(await create())
    const refused = [{ maxAge: '7d' }, { maxRuns: -1 }, { maxRuns: Number.NaN }, { maxRun: 3 }, 7]
    for (const limits of refused) {
      await expect(history.prune(limits as never)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_CONFIG' })
    }
    expect(await history.prune({ maxRuns: Infinity, maxAge: Infinity })).toBe(0)
  })

  it('and finds it by times that are Date objects', async () => {
    await using history = await createHistory(await create())
    await runOne(history, 'r1')
    expect(
      await history.list({ since: new Date(Date.now() - 60_000), until: new Date(Date.now() + 60_000) }),
    ).toHaveLength(1)
    expect(await history.list({ since: new Date(Date.now() + 60_000) })).toEqual([])
  })
})

describe.each(databases)('a history in %s that is opened to read it', (name, create) => {
  it('lists the runs, and writes nothing', async () => {
    const options = await create()
    await using writer = await createHistory(options)
    await runOne(writer, 'r1')
    await using history = await createHistory({ ...options, readOnly: true })
    expect(await history.list()).toMatchObject([{ id: 'r1' }])
    await runOne(writer, 'r2')
    expect(await history.get('r2')).toMatchObject({ status: 'success' })
    await expect(history.prune({ maxRuns: 0 })).rejects.toThrow('it is opened with readOnly')
    await using driver = await createMockDriver({})
    expect(() => createExecutor({ driver, history })).toThrow('it is opened with readOnly')
  })

  it('is not made', async () => {
    const options = await create()
    await expect(createHistory({ ...options, readOnly: true })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_HISTORY_FAILED',
    })
    if (options.path !== undefined) expect(existsSync(options.path)).toBe(false)
    await expect(createHistory({ ...options, readOnly: true, maxRuns: 3 })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_INVALID_CONFIG',
    })
  })

  if (name !== 'PostgreSQL')
    it('is read by a user without the right to write, in a folder without it', async () => {
      const options = (await create()) as { readonly path: string }
      const library = name === 'libsql' ? ['libsql'] : []
      const read = async () => {
        const script = fileURLToPath(new URL('../support/children/read-history.ts', import.meta.url))
        const args = [script, JSON.stringify({ ...options, readOnly: true }), ...library]
        return (await promisify(execFile)(process.execPath, args)).stdout
      }
      const writer = await createHistory(options)
      await runOne(writer, 'r1')
      for (const suffix of ['', '-wal', '-shm']) chmodSync(`${options.path}${suffix}`, 0o644)
      chmodSync(dirname(options.path), 0o555)
      expect(await read()).toBe('r1\n')
      await writer.close()
      // Node's SQLite has removed the files beside it, which the reader may not make.
      if (library.length === 0) expect(existsSync(`${options.path}-wal`)).toBe(false)
      expect(await read()).toBe('r1\n')
      chmodSync(options.path, 0o600)
      if (process.getuid?.() === 0) expect(await read()).toMatch(/^Could not open the history in .*: EACCES/)
      chmodSync(dirname(options.path), 0o755)
    })
})
