import { describe, expect, it } from 'vitest'
import { clusterStatus, createClusterDriver, startWorker } from '../../../../src/cluster/index.ts'
import { readPlace } from '../../../../src/cluster/redis/place.ts'
import type { InvalidInputError } from '../../../../src/errors.ts'
import { Issues } from '../../../../src/utils/validation/issues.ts'

const read = (connection: unknown) => {
  const issues = new Issues()
  const { connection: options } = readPlace(issues, { connection } as never)
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
  return options
}

it.each([
  ['redis://queue.internal', { host: 'queue.internal', port: 6379 }],
  ['redis://h:1234/', { host: 'h', port: 1234 }],
  ['redis://h/3', { host: 'h', port: 6379, db: 3 }],
  ['redis://me:p%40ss@h', { host: 'h', port: 6379, username: 'me', password: 'p@ss' }],
  ['redis://:secret@h', { host: 'h', port: 6379, password: 'secret' }],
  ['rediss://h', { host: 'h', port: 6379, tls: {} }],
  ['redis://[::1]:7000', { host: '::1', port: 7000 }],
  ['/run/redis.sock', { path: '/run/redis.sock' }],
  [{ host: 'h' }, { host: 'h' }],
])('reads %j', (connection, options) => {
  expect(read(connection)).toEqual(options)
})

it.each([
  undefined,
  null,
  6379,
  [[]],
  '',
  'nowhere',
  'http://h',
  'redis:',
  'redis://h/x',
  'redis://h?tls=true',
  'redis://:%zz@h',
])('refuses %j', connection => {
  expect(() => read(connection)).toThrow(/connection: .* must be 'redis:\/\/HOST:PORT', .*ioredis options/)
})

it('never shows a connection, which may hold a password', () => {
  expect(() => read('http://me:hunter2@h')).toThrow(/^(?!.*hunter2)/s)
})

describe('every bad option is in one error', () => {
  it.each([
    [createClusterDriver, { queue: 'a b', priority: -1, lease: 1 }, ['connection', 'queue', 'priority', 'lease']],
    [startWorker, { queue: 'a:b', slots: 0, driver: {} }, ['connection', 'queue', 'slots', 'driver']],
    [startWorker, undefined, ['connection', 'driver']],
    [clusterStatus, { queue: '' }, ['connection', 'queue']],
    [clusterStatus, { quue: 'x' }, ['options.quue']],
    [createClusterDriver, undefined, ['connection']],
  ])('%o', async (call: (options: never) => Promise<unknown>, options, fields) => {
    const error = (await call(options as never).catch((error: unknown) => error)) as InvalidInputError
    expect(error.code).toBe('ERR_COOKIETIN_INVALID_CONFIG')
    expect(error.issues.map(({ field }) => field)).toEqual(fields)
  })
})
