import { describe, expect, test } from 'vitest'
import type { CookietinError } from '../../../src/errors.ts'
import { live, noEvents, streamsOf, testEngine } from '../../support/engine/docker.ts'
import { shortLimits } from '../../support/engine/limits.ts'
import { startProxy } from '../../support/engine/proxy.ts'
import { engineRequest } from '../../support/engine/request.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'

checkLeaks()

async function behindProxy(reconnectTimeout = shortLimits.reconnectTimeout) {
  const proxy = await startProxy()
  const driver = await testEngine({ docker: `unix://${proxy.socketPath}`, ...shortLimits, reconnectTimeout })
  return { proxy, driver }
}

/** Resolves with the container's first output. */
function firstWords(streams: ReturnType<typeof streamsOf>): Promise<void> {
  return new Promise(resolve => {
    const { write } = streams.stdout
    streams.stdout.write = chunk => {
      resolve()
      return write(chunk)
    }
  })
}

async function running(script: string, reconnectTimeout?: number) {
  const { proxy, driver } = await behindProxy(reconnectTimeout)
  const container = driver.container({ command: ['sh', '-c', `echo up; ${script}`] })
  const streams = streamsOf()
  const up = firstWords(streams)
  await container.prepare(new AbortController().signal)
  await container.start(streams, noEvents)
  await up
  const end = async () => {
    proxy.freeze(false)
    await proxy.refuse(false)
    // A busy engine may take longer than the limits give it. Then the driver tries again by itself.
    await container.remove().catch(async error => {
      expect(error).toMatchObject({ code: 'ERR_COOKIETIN_NOT_CLEANED' })
      await expect.poll(() => driver.leftovers()).toEqual([])
    })
    await driver[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
  }
  return { proxy, driver, container, streams, [Symbol.asyncDispose]: end }
}

describe('an engine that is lost while a container runs', () => {
  test('and is back at once: the exit code is right, the output may be truncated', async () => {
    await using run = await running('sleep 0.5; exit 7')
    run.proxy.killAll()
    expect(await run.container.wait()).toMatchObject({ exitCode: 7, outputTruncated: true })
  })

  test('and comes back after the container has ended: the exit code is right', async () => {
    await using run = await running('sleep 0.1; exit 7')
    await run.proxy.refuse(true)
    const ended = run.container.wait()
    await expect.poll(() => exited(run.container.name)).toBe(true)
    await run.proxy.refuse(false)
    expect(await ended).toMatchObject({ exitCode: 7, outputTruncated: true })
  })

  test('and never comes back: ENGINE_LOST and a failed removal, both with the container that may be left', async () => {
    await using run = await running('sleep 30')
    await run.proxy.refuse(true)
    await expect(run.container.wait()).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_ENGINE_LOST',
      leaked: [run.container.name],
    })
    await expect(run.container.remove()).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_NOT_CLEANED',
      leaked: [run.container.name],
    })
    expect(await run.driver.leftovers()).toEqual([run.container.name])
  })

  test('and hangs for ever without a call in flight: ENGINE_LOST', async () => {
    await using run = await running('sleep 30')
    run.proxy.freeze(true)
    await expect(run.container.wait()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_LOST' })
  })

  test('and hangs for a while: the run succeeds', async () => {
    await using run = await running('sleep 0.3; echo down; exit 5', 20_000)
    run.proxy.freeze(true)
    await expect.poll(() => exited(run.container.name)).toBe(true)
    // Three deadlines long: a ping has failed by then, and the recovery has begun.
    for (let call = 0; call < 3; call++) {
      await expect(run.driver.engine.reapOrphans({ dryRun: true })).rejects.toMatchObject({
        code: 'ERR_COOKIETIN_ENGINE_TIMEOUT',
      })
    }
    run.proxy.freeze(false)
    expect(await run.container.wait()).toMatchObject({ exitCode: 5, outputTruncated: false })
    expect(run.streams.stdout.text()).toBe('up\ndown\n')
  })

  test('a kill of a hung engine settles', async () => {
    await using run = await running('sleep 30')
    run.proxy.freeze(true)
    await expect(run.container.kill()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_TIMEOUT' })
  })

  test('a container that another client removes is killed', async () => {
    await using run = await running('sleep 30')
    await engineRequest('DELETE', `/containers/${run.container.name}?force=true`)
    expect(await run.container.wait()).toMatchObject({ exitCode: 137, oomKilled: false })
  })
})

describe('an output whose connection is cut', () => {
  test.for(['echo a; echo b', 'sleep 0.05; echo a; echo b', 'sleep 0.3; echo a; echo b', 'echo a; sleep 0.5; echo b'])(
    'at any moment before the end of `%s` is whole, or is reported as truncated',
    async script => {
      await using proxy = await startProxy()
      await using driver = await testEngine({ docker: `unix://${proxy.socketPath}` })
      /** When the connection of each container was cut. */
      const cuts = new Map<string, number>()
      proxy.answer = (request, part) => {
        const [attach, id = ''] = /^POST \/containers\/(\w+)\/attach/.exec(request) ?? []
        if (attach !== undefined && !cuts.has(id)) {
          const delay = 15 * cuts.size
          cuts.set(id, Number.POSITIVE_INFINITY)
          setTimeout(() => {
            cuts.set(id, Date.now())
            proxy.killAll(new RegExp(attach))
          }, delay)
        }
        return part
      }
      const run = async () => {
        const container = driver.container({ command: ['sh', '-c', script] })
        const { exit, stdout } = await live(container)
        const { Id, State } = (await engineRequest('GET', `/containers/${container.name}/json`)) as {
          Id: string
          State: { FinishedAt: string }
        }
        await container.remove()
        const wasCut = (cuts.get(Id) ?? 0) < Date.parse(State.FinishedAt)
        return exit.outputTruncated || stdout === 'a\nb\n' || !wasCut ? 'right' : [exit, stdout]
      }
      const outcomes = await Promise.all([1, 2, 3].map(async () => [await run(), await run(), await run()]))
      expect(outcomes.flat()).toEqual(Array(9).fill('right'))
    },
  )

  test('is not suspected after an ordinary end', async () => {
    await using driver = await testEngine()
    const truncated = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const container = driver.container({ command: ['sh', '-c', ['true', 'echo a', 'sleep 0.1'][index % 3] ?? ''] })
        const { exit } = await live(container)
        await container.remove()
        return exit.outputTruncated
      }),
    )
    expect(truncated).toEqual(Array(12).fill(false))
  })
})

describe('an end by a signal', () => {
  const byOthers = 'the engine sent it a signal, as docker stop, docker restart and docker kill do'

  test.for([
    ['stop', 143],
    ['restart', 143],
    ['kill', 137],
    ['kill?signal=TERM', 143],
    ['kill?signal=INT', 130],
  ] as const)('that another client asked for (%s) is a kill from outside', async ([action, exitCode]) => {
    await using run = await running('sleep 30')
    await engineRequest('POST', `/containers/${run.container.name}/${action}`)
    expect(await run.container.wait()).toMatchObject({ exitCode, killedOutside: byOthers })
  })

  test('of an engine that was lost meanwhile is a kill from outside', async () => {
    await using run = await running('sleep 0.5; exit 143', 20_000)
    run.proxy.killAll()
    expect(await run.container.wait()).toMatchObject({
      exitCode: 143,
      killedOutside: 'the engine was restarted or out of reach while it ran',
    })
  })

  test('of an engine that goes away at the same time is a kill from outside', async () => {
    await using run = await running('sleep 0.2; exit 143')
    run.proxy.plan = (_method, path) => {
      if (path.endsWith('/json')) void run.proxy.refuse(true)
      return undefined
    }
    expect(await run.container.wait()).toMatchObject({
      exitCode: 143,
      killedOutside: 'the engine went away at the same time',
    })
  })

  test.for(['exit 143', 'kill -TERM $$; sleep 1', 'exit 200'])(
    'that the task caused itself is its own: %s',
    async script => {
      await using run = await running(script)
      const { exitCode, killedOutside } = await run.container.wait()
      expect([exitCode > 128, killedOutside]).toEqual([true, undefined])
    },
  )

  test('of ours is not one from outside', async () => {
    await using run = await running('sleep 30')
    await run.container.kill()
    expect(await run.container.wait()).toMatchObject({ exitCode: 137, killedOutside: undefined })
  })
})

test('a container that a restart policy starts again has not succeeded', async () => {
  await using driver = await testEngine()
  const exitCodes = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const container = driver.container({ command: ['sh', '-c', 'sleep 2; exit 3'] })
      const streams = streamsOf()
      await container.prepare(new AbortController().signal)
      await container.start(streams, noEvents)
      await engineRequest('POST', `/containers/${container.name}/update`, { RestartPolicy: { Name: 'always' } })
      const ended = await container.wait().then(
        ({ exitCode }) => exitCode,
        (error: CookietinError) => error.code,
      )
      await container.remove()
      return ended
    }),
  )
  expect(exitCodes.every(code => code === 3 || code === 'ERR_COOKIETIN_START_FAILED')).toBe(true)
})

describe('an unreachable engine', () => {
  test('before the create call: ENGINE_UNREACHABLE, and nothing to remove', async () => {
    const { proxy, driver } = await behindProxy()
    await proxy.refuse(true)
    const container = driver.container()
    await expect(live(container)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_UNREACHABLE' })
    await proxy.refuse(false)
    await container.remove()
    await driver[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
  })

  test('that carries out a create call late: the container is removed', async () => {
    const { proxy, driver } = await behindProxy()
    proxy.freeze(true)
    const container = driver.container()
    const aborter = new AbortController()
    const prepared = container.prepare(aborter.signal)
    aborter.abort(new Error('changed my mind'))
    await expect(prepared).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CANCELLED' })
    const removed = container.remove()
    proxy.freeze(false)
    await removed
    expect(await driver.leftovers()).toEqual([])
    await driver[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
  })
})

async function exited(name: string): Promise<boolean> {
  const { State } = (await engineRequest('GET', `/containers/${name}/json`)) as { State: { Status: string } }
  return State.Status === 'exited'
}
