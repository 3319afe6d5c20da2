import { expect, test } from 'vitest'
import { resolveProcessConfig } from '../../../../src/engines/process/config.ts'

test('a process config has a default for every field', () => {
  expect(resolveProcessConfig({}, {})).toEqual({ outputTimeout: 2000 })
})

test('a given value overrides the environment', () => {
  const env = { COOKIETIN_OUTPUT_TIMEOUT: '700' }
  expect(resolveProcessConfig({}, env)).toEqual({ outputTimeout: 700 })
  expect(resolveProcessConfig({ outputTimeout: 500 }, env)).toEqual({ outputTimeout: 500 })
})
