import { expect, it } from 'vitest'
import { createDriver } from '../../../src/driver/engine.ts'
import { createMockEngine } from '../../../src/engines/mock/engine.ts'
import { createExecutor } from '../../../src/index.ts'

it('runs tasks on an engine that is given to it', async () => {
  await using driver = createDriver(createMockEngine({ any: { stdout: 'hi' } }))
  await using executor = createExecutor({ driver })
  expect([driver.name, (await executor.run({ image: 'any' })).stdout]).toEqual(['mock', 'hi'])
})

it('is accepted from a second copy of the package', async () => {
  const file: string = `../../../src/driver/engine-driver.ts?copy`
  // A query makes Node.js load the file a second time: its classes are others than ours.
  const copy = (await import(file)) as {
    createDriver: typeof createDriver
  }
  expect(copy.createDriver).not.toBe(createDriver)
  await using driver = copy.createDriver(createMockEngine({ any: { stdout: 'hi' } }))
  await using executor = createExecutor({ driver })
  expect((await executor.run({ image: 'any' })).stdout).toBe('hi')
})

it.each([undefined, null, 7, {}, { name: 'half', container: () => {} }])('refuses %o as an engine', engine => {
  expect(() => createDriver(engine as never)).toThrow(
    expect.objectContaining({ code: 'ERR_COOKIETIN_INVALID_CONFIG', message: expect.stringContaining('engine:') }),
  )
})

it('is the only kind of driver that an executor accepts', () => {
  const driver = { name: 'docker', createCookie() {}, prepareCookie() {}, close() {} }
  expect(() => createExecutor({ driver: driver as never })).toThrow('driver: a value of type object is not allowed')
})
