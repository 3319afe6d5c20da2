import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import * as machines from '../../../machines/index.ts'
import * as testing from '../../../src/driver/testing.ts'
import * as main from '../../../src/index.ts'

const { CookietinError, errorCodes, InvalidInputError } = main

it('exports what it promises, and nothing by accident', () => {
  expect({
    main: Object.keys(main).sort(),
    machines: Object.keys(machines).sort(),
    testing: Object.keys(testing).sort(),
  }).toMatchSnapshot()
})

it('keeps its error codes: they are part of the API', () => {
  expect(errorCodes).toMatchSnapshot()
  expect(new Set(errorCodes).size).toBe(errorCodes.length)
})

it('knows its errors by their brand, also those of another copy of the package', () => {
  const brand = Symbol.for('cookietin.error')
  const foreign = Object.assign(new Error('from elsewhere'), { [brand]: true })
  const own = new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [{ field: 'a', value: '1', allowed: '2' }])
  expect(
    [foreign, own, new CookietinError('ERR_COOKIETIN_CLOSED', 'x')].every(error => error instanceof CookietinError),
  ).toBe(true)
  expect([foreign instanceof InvalidInputError, new Error('x') instanceof CookietinError]).toEqual([false, false])
  expect(inspect(own)).not.toContain('cookietin.error')
})
