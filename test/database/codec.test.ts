import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { decodeStats, encodeStats, type Stat } from '../../src/index.ts'
import { postgresSchema } from '../support/postgres/histories.ts'
import { sortedStats } from '../support/stats.ts'

/** Writes a value to a column of a database and reads it back. */
type RoundTrip = (value: string | Uint8Array | null) => Promise<unknown>

const samples: readonly Stat[] = [
  { timestamp: 1_767_323_045_123, metrics: { mem_usage: Number.MAX_SAFE_INTEGER, 'a"<b>&\u2028': 0, ключ: 1 } },
  { timestamp: 1_767_323_046_000, metrics: {} },
]

const read = (value: unknown) => decodeStats(value as string | Uint8Array | null)

async function carries(roundTrip: RoundTrip): Promise<void> {
  expect(read(await roundTrip(encodeStats(samples)))).toEqual(samples)
  await fc.assert(
    fc.asyncProperty(sortedStats(20), async stats => {
      expect(read(await roundTrip(encodeStats(stats)))).toEqual(stats)
    }),
    { numRuns: 30 },
  )
}

describe('encodeStats and decodeStats in SQLite', () => {
  const roundTrip =
    (type: string): RoundTrip =>
    async value => {
      const database = new DatabaseSync(':memory:')
      try {
        database.exec(`CREATE TABLE calls (stats ${type})`)
        database.prepare('INSERT INTO calls VALUES (?)').run(value)
        return database.prepare('SELECT stats FROM calls').get()?.stats
      } finally {
        database.close()
      }
    }

  it.each(['TEXT', 'BLOB'])('are unchanged by a column of %s', async type => {
    await carries(roundTrip(type))
    await carries(value => roundTrip(type)(typeof value === 'string' ? Buffer.from(value) : value))
  })

  it('read an empty string and NULL as no samples', async () => {
    expect(encodeStats([])).toBe('')
    expect(read(await roundTrip('TEXT')(''))).toEqual([])
    expect(read(await roundTrip('TEXT')(null))).toEqual([])
  })
})

describe('encodeStats and decodeStats in PostgreSQL', () => {
  async function inColumn(type: string, test: (roundTrip: RoundTrip) => Promise<void>): Promise<void> {
    const client = new pg.Client({ connectionString: (await postgresSchema()).postgres })
    await client.connect()
    try {
      await client.query(`CREATE TABLE calls (stats ${type})`)
      await test(async value => {
        await client.query('DELETE FROM calls')
        await client.query('INSERT INTO calls VALUES ($1)', [value])
        const { rows } = await client.query<{ stats: unknown }>('SELECT stats FROM calls')
        return rows[0]?.stats
      })
    } finally {
      await client.end()
    }
  }

  it('are unchanged by a column of text', () => inColumn('text', carries))

  it('are unchanged by a column of bytea', () =>
    inColumn('bytea', roundTrip => carries(value => roundTrip(typeof value === 'string' ? Buffer.from(value) : value))))

  it('read an empty string and NULL as no samples', () =>
    inColumn('text', async roundTrip => {
      expect(read(await roundTrip(''))).toEqual([])
      expect(read(await roundTrip(null))).toEqual([])
    }))

  it('are JSON that the database can query', () =>
    inColumn('text', async roundTrip => {
      await roundTrip(encodeStats(samples))
      const client = new pg.Client({ connectionString: process.env.COOKIETIN_TEST_POSTGRES })
      await client.connect()
      try {
        const sql = `SELECT x.timestamp, x.metrics->>'mem_usage' AS usage FROM jsonb_to_recordset($1::jsonb) AS x(timestamp timestamptz, metrics jsonb)`
        const { rows } = await client.query(sql, [encodeStats(samples)])
        expect(rows).toEqual([
          { timestamp: new Date(1_767_323_045_123), usage: String(Number.MAX_SAFE_INTEGER) },
          { timestamp: new Date(1_767_323_046_000), usage: null },
        ])
      } finally {
        await client.end()
      }
    }))
})
