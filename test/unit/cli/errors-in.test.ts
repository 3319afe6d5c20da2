import { expect, it } from 'vitest'
import { errorsIn } from '../../../src/cli/errors-in.ts'
import { CookietinError } from '../../../src/errors.ts'

/** What `await using` throws when the block fails, and then what disposes of its values. */
function suppressed(first: unknown, ...later: readonly unknown[]): unknown {
  return later.reduce((error, next) => new SuppressedError(next, error), first)
}

const left = (message: string, ...leaked: readonly string[]) =>
  new CookietinError('ERR_COOKIETIN_NOT_CLEANED', message, { leaked })

it.each([
  ['an error alone', new Error('a'), ['a']],
  ['what is not an error', 'a', ['a']],
  ['two errors, in their order', suppressed(new Error('a'), new Error('b')), ['a', 'b']],
  ['three errors, in their order', suppressed(new Error('a'), new Error('b'), new Error('c')), ['a', 'b', 'c']],
  [
    'a failure, and the last word on what is left',
    suppressed(new Error('a'), left('b', 'x'), left('c', 'x')),
    ['a', 'c'],
  ],
  ['what is left of two drivers', suppressed(left('a', 'x'), left('b', 'y')), ['a', 'b']],
  ['all that is left, where the later names less', suppressed(left('a', 'x', 'y'), left('b', 'y')), ['a', 'b']],
])('finds %s', (_what, error, messages) => {
  expect(errorsIn(error).map(each => (each instanceof Error ? each.message : each))).toEqual(messages)
})

it('finds the errors of a SuppressedError of a Node.js without that class', () => {
  const own = Object.assign(new Error(), { name: 'SuppressedError', error: new Error('b'), suppressed: new Error('a') })
  expect(errorsIn(own)).toEqual([new Error('a'), new Error('b')])
})
