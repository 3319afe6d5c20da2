import { lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { SimulatedClock } from 'xstate'
import type { Exit } from '../../../../machines/types/cookie.ts'
import { portRun } from '../../../../src/engines/conformance/port-run.ts'
import { SlowSink } from '../../../../src/engines/conformance/sinks.ts'
import { createMockEngine, type MockOptions } from '../../../../src/engines/mock/engine.ts'
import type { MockScript } from '../../../../src/engines/mock/script.ts'

const make = (script: MockScript, options?: MockOptions, image = 'any') => {
  const engine = createMockEngine(script, options)
  return { engine, ...portRun(engine, { image, id: 'one' }) }
}

/** All the promises that wait for no timer have settled afterwards. */
const turn = () => new Promise<void>(resolve => setImmediate(resolve))

describe('mock script', () => {
  it('is one run for all, a run by image, or a function of the task', async () => {
    expect(await make({ exitCode: 3 }).toExit()).toMatchObject({ exitCode: 3 })
    const byImage = { a: { exitCode: 4 }, '*': { exitCode: 5 } }
    expect(await make(byImage, {}, 'a').toExit()).toMatchObject({ exitCode: 4 })
    expect(await make(byImage, {}, 'b').toExit()).toMatchObject({ exitCode: 5 })
    expect(await make(({ image }) => ({ exitCode: image.length }), {}, 'abcdef').toExit()).toMatchObject({
      exitCode: 6,
    })
    expect(await make({}).toExit()).toMatchObject({ exitCode: 0, oomKilled: false, outputTruncated: false })
  })

  it('has no image that it was not given', async () => {
    await expect(make({ a: {} }, {}, 'b').prepare()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_IMAGE_NOT_FOUND' })
    await expect(make({ a: {} }, {}, 'constructor').prepare()).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_IMAGE_NOT_FOUND',
    })
  })

  it('gives the exit as it says', async () => {
    const script = { exitCode: 137, oomKilled: true, outputTruncated: true, message: 'm' }
    expect(await make(script).toExit()).toEqual(script satisfies Exit)
  })

  it.each(['prepare', 'start', 'pause', 'unpause', 'kill', 'remove'] as const)(
    'makes %s fail as it says',
    async call => {
      const error = new Error('scripted')
      const { container, prepare, start } = make({ [`${call}Error`]: error, runFor: Number.POSITIVE_INFINITY })
      const outcome = (async () => {
        await prepare()
        await start()
        await container.pause()
        await container.unpause()
        await container.kill()
        await container.remove()
      })()
      await expect(outcome).rejects.toBe(error)
    },
  )
})

describe('mock time', () => {
  it('is that of the clock, and stands while paused', async () => {
    const clock = new SimulatedClock()
    const { prepare, start, container, events } = make({ runFor: 1000 }, { clock })
    await prepare()
    await start()
    clock.increment(600)
    await container.pause()
    clock.increment(5000)
    await turn()
    expect(events).toEqual([])
    await container.unpause()
    clock.increment(399)
    await turn()
    expect(events).toEqual([])
    clock.increment(1)
    expect(await container.wait()).toMatchObject({ exitCode: 0 })
  })

  it('may be longer than a timer', async () => {
    const clock = new SimulatedClock()
    const { prepare, start, container, events } = make({ runFor: 2 ** 31 }, { clock })
    await prepare()
    await start()
    clock.increment(2 ** 31 - 1)
    await turn()
    expect(events).toEqual([])
    clock.increment(1)
    expect(await container.wait()).toMatchObject({ exitCode: 0 })
  })

  it('brings the loss of the engine', async () => {
    const clock = new SimulatedClock()
    const { engine, prepare, start, container, events } = make(
      { engineLost: 10, runFor: Number.POSITIVE_INFINITY },
      { clock },
    )
    await prepare()
    await start()
    clock.increment(10)
    const lost = { code: 'ERR_COOKIETIN_ENGINE_LOST', cookieId: 'one' }
    await expect(container.wait()).rejects.toMatchObject(lost)
    for (const call of ['pause', 'unpause', 'kill'] as const)
      await expect(container[call]()).rejects.toMatchObject(lost)
    expect([events, engine.remaining]).toEqual([[], ['mock-one']])
    await container.remove()
    expect(engine.remaining).toEqual([])
  })
})

describe('mock engine', () => {
  it('notes every call, and what has not been removed', async () => {
    const { engine, prepare, start, container } = make({ runFor: Number.POSITIVE_INFINITY })
    await prepare()
    await start()
    await container.pause()
    await container.unpause()
    await container.kill()
    expect(engine.remaining).toEqual(['mock-one'])
    await container.remove()
    expect(engine.calls.map(({ call }) => call)).toEqual(['prepare', 'start', 'pause', 'unpause', 'kill', 'remove'])
    expect(engine.calls.every(({ id }) => id === 'one')).toBe(true)
    expect(engine.remaining).toEqual([])
  })

  it('lets a call hang until the container is removed', async () => {
    for (const call of ['pause', 'unpause', 'kill'] as const) {
      const { prepare, start, container } = make({ hangOn: call, runFor: Number.POSITIVE_INFINITY })
      await prepare()
      await start()
      const hanging = container[call]()
      await expect(Promise.race([hanging, turn()])).resolves.toBeUndefined()
      await container.remove()
      await expect(hanging).rejects.toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_TIMEOUT' })
      expect(await container.wait()).toMatchObject({ exitCode: 137 })
    }
  })

  it('lets a start hang, but no kill or removal with it', async () => {
    const { prepare, start, container } = make({ hangOn: ['start', 'pause'] })
    await prepare()
    const starting = start()
    await container.kill()
    await container.remove()
    await expect(starting).rejects.toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_TIMEOUT' })
    await expect(container.wait()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_TIMEOUT' })
  })

  it('ends a prepare that hangs at an abort', async () => {
    const { engine, container } = make({ hangOn: 'prepare' })
    const aborting = new AbortController()
    const prepared = container.prepare(aborting.signal)
    aborting.abort('enough')
    await expect(prepared).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CANCELLED', cause: 'enough' })
    expect(engine.remaining).toEqual(['mock-one'])
  })

  it('does not take a pause for an unpause', async () => {
    const { prepare, start, container } = make({ hangOn: 'unpause', runFor: Number.POSITIVE_INFINITY })
    await prepare()
    await start()
    await container.pause()
    await container.remove()
  })

  it('writes chunk by chunk, at the pace of the sink, and says what was cut off', async () => {
    const stdout = new SlowSink()
    const engine = createMockEngine({ stdout: ['a', 'b', 'c'], runFor: Number.POSITIVE_INFINITY })
    const { prepare, start, container } = portRun(engine, { image: 'any' }, { stdout })
    await prepare()
    await start()
    await stdout.kept.until('b')
    await container.kill()
    expect(await container.wait()).toMatchObject({ outputTruncated: true })
    expect([stdout.kept.text, stdout.unasked]).toEqual(['ab', 0])
  })

  it('gives its samples to whoever samples it, before the start or after', async () => {
    const stats = [1, 2].map(timestamp => ({ timestamp, metrics: {} }))
    const { prepare, start, container } = make({ stats, runFor: Number.POSITIVE_INFINITY })
    const early = lastValueFrom(container.stats$.pipe(toArray()))
    await prepare()
    await start()
    const late = lastValueFrom(container.stats$.pipe(toArray()))
    await turn()
    await container.kill()
    expect(await Promise.all([early, late])).toEqual([stats, stats])
  })

  it('calls back when a run has started', async () => {
    const seen: string[] = []
    await make({ onStart: task => seen.push(task.id) }).toExit()
    expect(seen).toEqual(['one'])
  })
})
