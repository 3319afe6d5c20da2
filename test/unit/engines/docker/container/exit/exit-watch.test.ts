import { PassThrough } from 'node:stream'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Api, Call } from '../../../../../../src/engines/docker/connection/api.ts'
import { EngineReply, replyError } from '../../../../../../src/engines/docker/connection/errors.ts'
import { Liveness } from '../../../../../../src/engines/docker/connection/liveness.ts'
import { ExitWatch } from '../../../../../../src/engines/docker/container/exit/exit-watch.ts'

const id = 'a'.repeat(64)

/** An engine with one container, whose waits the test controls. */
function oneContainer(isWaitUnreliable = false) {
  const waits: PassThrough[] = []
  const state: Record<string, unknown> = { Status: 'running', Running: true, StartedAt: '2026-01-01T00:00:00Z' }
  const asked: string[] = []
  const api = {
    async stream({ query }: Call) {
      const wait = new PassThrough()
      wait.on('error', () => {})
      waits.push(wait)
      asked.push(`wait ${query?.condition}`)
      return wait
    },
    async request({ path }: Call) {
      if (path === '/_ping') return { status: 200, body: 'OK' }
      asked.push('inspect')
      if (state.gone) throw replyError(new EngineReply(404, 'No such container'), 'inspect')
      return { status: 200, body: { Id: id, State: state } }
    },
  } as unknown as Api
  const liveness = new Liveness(api, { interval: 60_000, deadline: 1_000, revive: async () => {} })
  const register = () =>
    ExitWatch.register({
      ...{ api, liveness, id, name: 'one', isWaitUnreliable },
      deadline: 1_000,
      reconnectTimeout: 1_000,
    })
  const follow = async () => {
    const watch = await register()
    watch.starting()
    watch.follow()
    return watch
  }
  const exited = (code: number) => Object.assign(state, { Status: 'exited', Running: false, ExitCode: code })
  return { waits, asked, exited, register, follow, state }
}

describe('ExitWatch', () => {
  test('with an unreliable wait inspects the container when the output has ended', async () => {
    const { asked, exited, follow } = oneContainer(true)
    const watch = await follow()
    watch.hint()
    // A container may close its output and run on.
    await expect.poll(() => asked).toEqual(['wait next-exit', 'inspect'])
    exited(3)
    watch.hint()
    expect(await watch.ended).toMatchObject({ exitCode: 3 })
    // Podman's wait may miss the exit and never end.
    expect(asked).toEqual(['wait next-exit', 'inspect', 'inspect'])
  })

  test('with an unreliable wait inspects the container at intervals', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const { exited, follow } = oneContainer(true)
    const watch = await follow()
    exited(4)
    vi.advanceTimersByTime(1_000)
    expect(await watch.ended).toMatchObject({ exitCode: 4 })
    expect(vi.getTimerCount()).toBe(0)
  })

  test('resolves with the reply of the wait, without an inspection', async () => {
    const { waits, asked, follow } = oneContainer()
    const watch = await follow()
    waits[0]?.end('{"StatusCode":7,"Error":null}')
    expect(await watch.ended).toEqual({ exitCode: 7, message: '', reachableSince: 0 })
    expect(asked).toEqual(['wait next-exit'])
  })

  test('a reply that comes before the start is not an exit: the container is inspected, and waited for', async () => {
    const { waits, asked, exited, register } = oneContainer()
    const watch = await register()
    waits[0]?.end('{"StatusCode":0}')
    await new Promise(resolve => waits[0]?.once('close', () => setImmediate(resolve)))
    watch.starting()
    watch.follow()
    await expect.poll(() => asked).toEqual(['wait next-exit', 'inspect', 'wait not-running'])
    exited(3)
    waits[1]?.end('{"StatusCode":3}')
    expect((await watch.ended).exitCode).toBe(3)
  })

  test('waits again after each cut', async () => {
    const { waits, asked, follow } = oneContainer()
    const watch = await follow()
    for (let cut = 0; cut < 2; cut++) {
      await expect.poll(() => waits.length).toBe(cut + 1)
      waits[cut]?.destroy(new Error('cut'))
    }
    await expect.poll(() => waits.length).toBe(3)
    waits[2]?.end('{"StatusCode":3}')
    expect((await watch.ended).exitCode).toBe(3)
    expect(asked.filter(call => call === 'wait not-running')).toHaveLength(2)
  })

  test('finds a container that has ended during a cut', async () => {
    const { waits, exited, follow } = oneContainer()
    const watch = await follow()
    exited(5)
    waits[0]?.destroy()
    expect(await watch.ended).toMatchObject({ exitCode: 5, reachableSince: Number.POSITIVE_INFINITY })
  })

  test.for([
    ['half a reply', '{"Status'],
    ['no exit code', '{}'],
    ['no JSON', '<html>'],
  ])('%s is not an exit', async ([, text]) => {
    const { waits, exited, follow } = oneContainer()
    const watch = await follow()
    exited(9)
    waits[0]?.end(text)
    expect((await watch.ended).exitCode).toBe(9)
  })

  test('rejects when the engine has never started the container', async () => {
    const { waits, follow, state } = oneContainer()
    const watch = await follow()
    Object.assign(state, { Status: 'created', Running: false, StartedAt: '0001-01-01T00:00:00Z' })
    waits[0]?.destroy()
    await expect(watch.ended).rejects.toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_LOST', leaked: ['one'] })
  })

  test('rejects when the engine no longer knows the container', async () => {
    const { waits, follow, state } = oneContainer()
    const watch = await follow()
    state.gone = true
    waits[0]?.destroy()
    await expect(watch.ended).rejects.toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_LOST', leaked: ['one'] })
  })

  test('with an unreliable wait waits again when it ends while the container runs', async () => {
    const { waits, exited, follow } = oneContainer(true)
    const watch = await follow()
    waits[0]?.end('{"StatusCode":0}')
    await expect.poll(() => waits.length).toBe(2)
    exited(6)
    waits[1]?.end('{"StatusCode":0}')
    expect(await watch.ended).toEqual({ exitCode: 6, message: '', reachableSince: 0 })
  })
})
