import { expect, it } from 'vitest'
import { createMockDriver } from '../../../src/driver/testing.ts'
import { createExecutor } from '../../../src/index.ts'

const bad: [string, unknown][] = [
  ...[Number.NaN, 'x', -5, 1.5, null].map((value): [string, unknown] => ['maxOutput', value]),
  ['killOnMaxOutput', 'no'],
  ['maxStats', -1],
  ['statExtremes', 5],
  ['inspect', 5],
]

it.each(bad)('%s of a cookie is refused as that of an executor is: %s', async (name, value) => {
  await using driver = createMockDriver({ '*': { stdout: 'hi' } })
  const options = { [name]: value }
  expect(() => createExecutor({ driver, ...options })).toThrow(`${name}: `)
  await expect(driver.createCookie({ image: 'x' }, options)).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_INVALID_CONFIG',
    issues: [{ field: `options.${name}`, allowed: expect.stringMatching(/./) }],
  })
  expect(driver.calls).toEqual([])
})

it.each([5, 'x', true, [], Promise.resolve({})])('options that are none are refused: %s', async options => {
  await using driver = createMockDriver({ '*': {} })
  await expect(driver.createCookie({ image: 'x' }, options as never)).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_INVALID_CONFIG',
    issues: [{ field: 'options' }],
  })
})
