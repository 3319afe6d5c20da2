import { expect, test } from 'vitest'
import { errorCodes } from '../../src/errors.ts'
import { membersOf } from '../support/declarations.ts'
import { namesIn, page, rowsBelow } from '../support/pages.ts'

const errors = page('docs/errors.md')
const topics = [
  ...['What you asked for', 'How a task ended', 'A call of a hot function', 'The engine', 'The image'],
  'History and inspector',
]
const rows = topics.flatMap(topic => rowsBelow(errors, topic))

test('docs/errors.md has every code, once', () => {
  const codes = rows.flatMap(([cell]) => namesIn(cell).map(code => `ERR_COOKIETIN_${code}`))
  expect(codes.toSorted()).toEqual(errorCodes.toSorted())
})

test('every code tells when it comes, whether trying again may help, and what to do', () => {
  for (const [code, when = '', retryable = '', remedy = ''] of rows) {
    expect([code, when.length > 10, remedy.length > 10]).toEqual([code, true, true])
    expect(retryable).toMatch(/^(yes|no|it depends: .+)$/)
  }
})

test('docs/errors.md has what an error is built from', () => {
  const properties = rowsBelow(errors, 'Errors').flatMap(([cell]) => namesIn(cell))
  const options = membersOf('errors.ts', 'CookietinErrorOptions').map(({ name }) => name)
  expect(properties.toSorted()).toEqual([...options, 'code', 'message', 'issues'].toSorted())
})
