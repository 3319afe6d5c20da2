import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createHistory, type HistoryOptions } from '../../src/history/index.ts'
import { databases } from '../support/postgres/histories.ts'

const script = fileURLToPath(new URL('../support/children/history.ts', import.meta.url))

/** Runs tasks in another process, kills it after `count` results, and returns the ids of these results. */
async function killedAfter(count: number, options: HistoryOptions, isOld: boolean): Promise<string[]> {
  const args = [script, JSON.stringify(options), ...(isOld ? ['old'] : [])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const ids: string[] = []
  for await (const line of createInterface(child.stdout)) {
    const [id = '', status] = line.split(' ')
    expect(status).toBe('success')
    ids.push(id)
    if (ids.length === count) child.kill('SIGKILL')
  }
  expect((await ended)[1]).toBe('SIGKILL')
  return ids
}

describe.each(databases)('a history in %s, of processes that are killed', (name, create) => {
  it('keep every run whose result was returned, and can be read and written', async () => {
    const options = await create()
    const given = new Set<string>()
    // Each process continues the history of the one before.
    for (const count of [1, 30, 57, 4]) {
      for (const id of await killedAfter(count, options, name === 'libsql')) given.add(id)
      if (options.path !== undefined) expect(integrityOf(options.path)).toBe('ok')
    }
    await using history = await createHistory(options)
    const all = await history.list({ limit: 10_000 })
    const kept = new Map(all.map(run => [run.id, run]))
    for (const id of given) expect(kept.get(id)).toMatchObject({ status: 'success', exitCode: 0, interrupted: false })
    // The runs that were interrupted are marked.
    for (const run of all) expect(run.interrupted).toBe(run.status === 'unfinished')
    const [some] = given
    expect(await history.get(some ?? '')).toMatchObject({ stats: [{ metrics: { pids: 7 } }] })
    const transitions = (await history.get(some ?? ''))?.transitions.map(({ to }) => to)
    expect(transitions?.slice(0, 5)).toEqual(['preparing', 'prepared', 'starting', 'running', 'done'])
  })
})

describe('a history in a file', () => {
  it('is readable by its owner only', async () => {
    const [, sqlite] = databases
    const options = await sqlite?.[1]()
    if (options?.path === undefined) throw new Error('no file')
    await using _ = await createHistory(options)
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(options.path + suffix).mode & 0o777).toBe(0o600)
  })
})

function integrityOf(path: string): unknown {
  const database = new DatabaseSync(path)
  try {
    return database.prepare('PRAGMA integrity_check').get()?.integrity_check
  } finally {
    database.close()
  }
}
