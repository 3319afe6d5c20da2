import { expect, it } from 'vitest'
import { createHistory } from '../../../src/history/index.ts'
import { checkOptions } from '../../../src/history/validation.ts'

it.each(['x', '', 'localhost', 'host=db dbname=runs', 'me:secret@db/runs', 'mysql://me:secret@db/runs', 5, {}])(
  'refuses %j as a PostgreSQL database',
  async postgres => {
    const refused = createHistory({ postgres: postgres as string })
    await expect(refused).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_INVALID_CONFIG',
      issues: [{ field: 'postgres', value: `a value of type ${typeof postgres}` }],
    })
    await expect(refused).rejects.not.toThrow('secret')
  },
)

it.each([
  'postgres://me:secret@db:5432/runs',
  'postgresql:///runs?host=/run/postgresql',
  'POSTGRES://db',
  'socket:/run/postgresql?db=runs',
  '/run/postgresql runs',
])('takes %s as a PostgreSQL database', postgres => {
  expect(() => checkOptions({ postgres })).not.toThrow()
})

it('refuses a URL as the path of a file: SQLite would take it for another file than the one that is made', () => {
  expect(() => checkOptions({ path: 'file:/tmp/runs.db' })).toThrow('the path of a file, not a URL')
  expect(() => checkOptions({ path: './file:runs.db' })).not.toThrow()
})
