import { expect, it } from 'vitest'
import { createMockDriver } from '../../../../src/driver/testing.ts'
import { createExecutor } from '../../../../src/index.ts'

const driver = () => createMockDriver({ runFor: Number.POSITIVE_INFINITY })

it('shares one listener among executors, and the last close removes it', async () => {
  const before = process.listenerCount('SIGUSR2')
  const executors = [1, 2].map(() => createExecutor({ driver: driver(), closeOn: ['SIGUSR2', 'SIGUSR2'] }))
  expect(process.listenerCount('SIGUSR2')).toBe(before + 1)
  await executors[0]?.close()
  expect(process.listenerCount('SIGUSR2')).toBe(before + 1)
  await executors[1]?.close()
  expect(process.listenerCount('SIGUSR2')).toBe(before)
})

it("closes every executor at a signal, and leaves the end to a handler of the program's own", async () => {
  let handled = 0
  const own = () => {
    handled += 1
  }
  process.on('SIGUSR2', own)
  try {
    const runs = [1, 2].map(() => createExecutor({ driver: driver(), closeOn: ['SIGUSR2'] }).run({ image: 'any' }))
    process.emit('SIGUSR2')
    const ends = await Promise.all(runs)
    expect([handled, ends.map(({ status }) => status)]).toEqual([1, ['cancelled', 'cancelled']])
    await expect.poll(() => process.listenerCount('SIGUSR2')).toBe(1)
  } finally {
    process.off('SIGUSR2', own)
  }
})

it('has nothing removed at an exit where nothing is left, or the engine leaves what it has', async () => {
  const before = process.listenerCount('exit')
  const executor = createExecutor({ driver: driver(), closeOn: ['exit'] })
  expect(process.listenerCount('exit')).toBe(before + 1)
  const run = executor.run({ image: 'any' })
  const listener = process.listeners('exit').at(-1) as () => void
  listener()
  run.cancel()
  await run
  await executor.close()
  expect(process.listenerCount('exit')).toBe(before)
})

it('refuses what is no such event, all at once', () => {
  const closeOn = ['SIGTERM', 'SIGKILL', 'quit', null] as never
  expect(() => createExecutor({ driver: driver(), closeOn })).toThrow(
    /closeOn\[1\][\s\S]*closeOn\[2\][\s\S]*closeOn\[3\]/,
  )
  expect(() => createExecutor({ driver: driver(), closeOn: 'SIGTERM' as never })).toThrow('closeOn')
  expect(process.listenerCount('SIGTERM')).toBe(0)
})
