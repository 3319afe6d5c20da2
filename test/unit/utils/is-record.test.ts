import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { resolveTask } from '../../../src/task/resolve-task.ts'
import { isRecord } from '../../../src/utils/validation/issues.ts'

const records: [string, unknown][] = [
  ['an object', { a: 1 }],
  ['an empty object', {}],
  ['an object without a prototype', Object.create(null)],
  ['an object of another realm', runInNewContext('({ a: 1 })')],
  ['the environment of this process', process.env],
  [
    'an instance with fields',
    new (class Settings {
      a = 1
    })(),
  ],
]
const others: [string, unknown][] = [
  ['a promise', Promise.resolve({ a: '1' })],
  ['a promise of another realm', runInNewContext('Promise.resolve({})')],
  ['a date', new Date()],
  ['an expression', /x/],
  ['a URL', new URL('http://x')],
  ['an error', new Error('x')],
  ['a map', new Map([['a', '1']])],
  ['an array', []],
  ['an object whose fields are inherited', Object.create({ a: '1' })],
]

test.each(records)('%s is a record', (_, value) => {
  expect(isRecord(value)).toBe(true)
})

test.each(others)('%s is no record, and is refused where a task has one', (_, value) => {
  expect(isRecord(value)).toBe(false)
  for (const field of ['env', 'labels', 'files', 'tmpfs', 'ulimits', 'extraHosts', 'extensions', 'auth']) {
    expect(() => resolveTask({ image: 'x', [field]: value }), field).toThrow(`Invalid task: ${field}`)
  }
})
