import { describe, expect, it } from 'vitest'
import { startProxy } from '../../support/engine/proxy.ts'
import { functionImage } from '../../support/images/function-image.ts'
import { transition as next, setup } from './setup.ts'

const callsOf = async (response: Promise<Response>) => ((await (await response).json()) as { calls: number }).calls

describe('freezing', () => {
  it('an idle container is frozen, thawed for a call, and is the same one', async () => {
    const { make, executor } = await setup()
    await using fn = make('echo', { freezeAfter: 20 })
    for (const calls of [1, 2, 3]) {
      const frozen = next(executor, ({ to }) => to === 'frozen')
      expect(await callsOf(fn.invoke())).toBe(calls)
      await frozen
    }
    expect(fn.size).toBe(1)
  })

  it('a call that comes while a freeze is under way is served', async () => {
    const { make, executor } = await setup()
    await using fn = make('echo', { freezeAfter: 0 })
    for (const calls of [1, 2, 3, 4, 5]) {
      const freezing = next(executor, ({ to }) => to === 'freezing')
      expect(await callsOf(fn.invoke())).toBe(calls)
      await freezing
    }
  })

  it('past its idle time a frozen container is killed without ever running again', async () => {
    const { make, executor } = await setup()
    const seen: string[] = []
    executor.transitions$.subscribe(({ to }) => seen.push(to))
    await using fn = make('echo', { freezeAfter: 10, idleTimeout: 2_000 })
    const closed = next(executor, ({ to }) => to === 'closed')
    await callsOf(fn.invoke())
    await closed
    expect(seen.slice(seen.indexOf('frozen'))).toEqual(['frozen', 'stopping', 'cancelled', 'closing', 'closed'])
  })

  it('a container that is killed while frozen costs its function nothing: the next call has a fresh one', async () => {
    const { make, executor, containers } = await setup()
    await using fn = make('echo', { freezeAfter: 10 })
    const frozen = next(executor, ({ to }) => to === 'frozen')
    await callsOf(fn.invoke())
    await frozen
    const { engineRequest } = await import('../../support/engine/request.ts')
    const [name] = await containers()
    const ended = next(executor, ({ to }) => to === 'killed')
    await engineRequest('POST', `/containers/${name}/kill`)
    await ended
    expect(await callsOf(fn.invoke())).toBe(1)
  })

  it('a call whose container cannot be thawed was never sent, and is served by a fresh one', async () => {
    await using proxy = await startProxy()
    const { make, executor } = await setup({}, { docker: `unix://${proxy.socketPath}`, freezer: 'engine' })
    await using fn = make('echo', { freezeAfter: 10 })
    const frozen = next(executor, ({ to }) => to === 'frozen')
    await callsOf(fn.invoke())
    await frozen
    proxy.plan = (_method, path) => (path.endsWith('/unpause') ? 'error500' : undefined)
    expect(await callsOf(fn.invoke())).toBe(1)
    proxy.plan = () => undefined
    await fn.close()
    await executor.close()
  })

  it('a call whose time is up while its container is thawed is not sent, and the container serves on', async () => {
    const { make, executor } = await setup()
    await using fn = make('echo', { freezeAfter: 10 })
    const frozen = next(executor, ({ to }) => to === 'frozen')
    await callsOf(fn.invoke())
    await frozen
    const controller = new AbortController()
    const thawing = next(executor, ({ to }) => to === 'unfreezing')
    const call = fn.invoke({ signal: controller.signal })
    await thawing
    controller.abort()
    await expect(call).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CANCELLED' })
    expect(await callsOf(fn.invoke())).toBe(2)
  })
})

describe('slots', () => {
  it('the one that served last serves next', async () => {
    const { make } = await setup()
    await using fn = make('echo', { freezeAfter: Number.POSITIVE_INFINITY })
    await fn.prewarm(3)
    expect(fn.size).toBe(3)
    for (const calls of [1, 2, 3, 4]) expect(await callsOf(fn.invoke())).toBe(calls)
  })

  it('calls beyond the containers wait in order, and their wait counts towards their timeout', async () => {
    const { make } = await setup()
    await using fn = make('echo', { maxContainers: 1 })
    const order: number[] = []
    const calls = [0, 1, 2, 3].map(async index => {
      await (await fn.invoke({ body: '{"wait":30}' })).text()
      order.push(index)
    })
    const late = fn.invoke({ body: '{"wait":2000}', timeout: 20_000 })
    await Promise.all(calls)
    expect(order).toEqual([0, 1, 2, 3])
    await expect(fn.invoke({ timeout: 100 })).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CALL_TIMEOUT' })
    expect((await late).status).toBe(200)
    expect(fn.size).toBe(1)
  })

  it('prewarm tells when a function cannot start', async () => {
    const { make } = await setup()
    await using fn = make('misbehave', { env: { WAY: 'exits while it should listen' } })
    await expect(fn.prewarm(1)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_FUNCTION_EXITED' })
  })

  it('a close lets calls come to their end; a forced one ends them', async () => {
    const { make } = await setup({ concurrency: 2 })
    const gentle = make('echo')
    const [served, waited] = [1, 2].map(() => gentle.invoke({ body: '{"wait":200}' }))
    await gentle.close()
    expect([(await served)?.status, (await waited)?.status, gentle.size]).toEqual([200, 200, 0])
    const forced = make('echo')
    const call = forced.invoke({ body: '{"wait":60000}' })
    await Promise.all([
      expect(call).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CLOSED' }),
      forced.close({ force: true }),
    ])
    expect(forced.size).toBe(0)
  })
})

describe('eviction', () => {
  it('ten functions over memory for four: every call succeeds, and none waits for ever', async () => {
    const { make, executor } = await setup({ concurrency: 8, memory: '512m' })
    const alive = new Set<string>()
    let most = 0
    executor.transitions$.subscribe(({ id, to }) => {
      if (to === 'starting') alive.add(id)
      if (to === 'cancelled' || to === 'killed' || to === 'done') alive.delete(id)
      most = Math.max(most, alive.size)
    })
    const functions = Array.from({ length: 10 }, () => make('echo', { memory: '128m' }))
    for (let round = 0; round < 2; round += 1) {
      const responses = await Promise.all(functions.map(fn => fn.invoke({ timeout: 60_000 })))
      for (const response of responses) expect((await response.text()).length).toBeGreaterThan(0)
    }
    expect(most).toBeLessThanOrEqual(4)
    await Promise.all(functions.map(fn => fn.close()))
  })

  it('a function with more callers than containers that fit keeps its containers', async () => {
    const { make, executor } = await setup({ concurrency: 8, memory: '256m' })
    const started = new Set<string>()
    executor.transitions$.subscribe(({ id, to }) => to === 'running' && started.add(id))
    await using fn = make('echo', { memory: '128m' })
    let left = 100
    const lane = async () => {
      while (left-- > 0) await (await fn.invoke({ body: '{"wait":20}', timeout: 60_000 })).text()
    }
    // For much longer than anybody in line is patient.
    await Promise.all(Array.from({ length: 12 }, lane))
    await fn.prewarm(4)
    expect([started.size, fn.size]).toEqual([2, 2])
  })

  it('a busy function does not starve another one', async () => {
    const { make } = await setup({ concurrency: 1 })
    await using busy = make('echo')
    await using other = make('echo')
    let over = false
    const load = Array.from({ length: 3 }, async () => {
      while (!over) await (await busy.invoke({ body: '{"wait":20}', timeout: 60_000 })).text()
    })
    await (await busy.invoke()).text()
    expect((await other.invoke({ timeout: 20_000 })).status).toBe(200)
    over = true
    await Promise.all(load)
  })

  it('a task gets the place of a container that nobody calls; a frozen one is ended without a thaw', async () => {
    const { make, executor } = await setup({ concurrency: 1 })
    const seen: string[] = []
    await using fn = make('echo', { freezeAfter: 10 })
    const frozen = next(executor, ({ to }) => to === 'frozen')
    await callsOf(fn.invoke())
    const { id } = await frozen
    executor.transitions$.subscribe(transition => transition.id === id && seen.push(transition.to))
    const result = await executor.run({
      image: functionImage,
      command: ['node', '-e', '0'],
      disableNet: true,
    })
    expect(result.status).toBe('success')
    expect(seen).toEqual(['stopping', 'cancelled', 'closing', 'closed'])
    expect(await callsOf(fn.invoke())).toBe(1)
  })
})
