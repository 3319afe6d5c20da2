import { expect, test } from 'vitest'
import { membersOf } from '../../../scripts/docs/declarations.ts'
import { connectionError, EngineReply, replyError } from '../../../src/engines/docker/connection/errors.ts'
import { pullError } from '../../../src/engines/docker/image/pull-error.ts'
import { errorCodes } from '../../../src/errors.ts'
import { namesIn, page, rowsBelow } from '../../support/docs/pages.ts'

const errors = page('docs/errors.md')
const topics = [
  ...['What you asked for', 'How a task ended', 'A call of a hot function', 'The engine', 'The image'],
  'History, inspector and cluster',
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

test.each([
  ...[
    ...['toomanyrequests: rate limit', 'no space left on device', 'unexpected EOF', 'unauthorized'],
    'manifest unknown',
  ].map(text => pullError(text, { image: 'x', secrets: [] })),
  ...[
    [500, 'too many open files'],
    [500, 'no space left on device'],
    [400, 'client version 1.99 is too new'],
    [404, 'network web not found'],
    [409, 'The container name is already in use'],
    [409, 'anything'],
  ].map(([status, text]) => replyError(new EngineReply(Number(status), String(text)), 'do it')),
  connectionError(Object.assign(new Error(), { code: 'ECONNREFUSED' }), 'do it', false),
  connectionError(Object.assign(new Error(), { code: 'ECONNRESET' }), 'do it', true),
])('tells whether to try again, as the error does: $message', ({ code, retryable }) => {
  const [row] = rows.filter(([cell = '']) => `ERR_COOKIETIN_${namesIn(cell)[0]}` === code)
  expect(row?.[2]).toBe(retryable ? 'yes' : 'no')
})

test('docs/errors.md has what an error is built from', () => {
  const properties = rowsBelow(errors, 'Errors').flatMap(([cell]) => namesIn(cell))
  const options = membersOf('src/errors.ts', 'CookietinErrorOptions').map(({ name }) => name)
  expect(properties.toSorted()).toEqual([...options, 'code', 'message', 'issues'].toSorted())
})
