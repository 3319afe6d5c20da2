import { Readable } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { live, testEngine } from '../../support/engine/docker.ts'
import { shortLimits } from '../../support/engine/limits.ts'
import { type Fault, startProxy } from '../../support/engine/proxy.ts'
import { engineRequest } from '../../support/engine/request.ts'
import { setup, shell, until } from '../setup.ts'

const faults: readonly Fault[] = ['cutBefore', 'cutAfter', 'hang', 'garbage', 'html', 'error500', 'cutBody', 'redirect']

/** A call has no effect only when the engine rejects it. */
const refusals: readonly Fault[] = ['error500', 'redirect']

async function behindProxy() {
  const proxy = await startProxy()
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  const { executor } = await setup(
    { concurrency: 1 },
    { docker: `unix://${proxy.socketPath}`, freezer: 'engine', ...shortLimits },
  )
  /** Breaks the first such call. Returns whether there was one. */
  const breakOnce = (action: string, fault: Fault) => {
    let broken = 0
    proxy.plan = (method, path) => {
      const isIt = method === 'POST' && new RegExp(`^/containers/\\w+/${action}(\\?|$)`).test(path)
      return isIt && broken++ === 0 ? fault : undefined
    }
    return () => broken > 0
  }
  return { executor, breakOnce }
}

/** True when the engine reports it as paused. */
async function isPaused(id: string): Promise<boolean> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`cookietin.id=${id}`] }))
  const [found] = (await engineRequest('GET', `/containers/json?filters=${filters}`)) as { State: string }[]
  return found?.State === 'paused'
}

describe('one fault in a call to a running container', () => {
  const requests = [
    { request: 'freeze', call: 'pause', before: 'running', after: 'frozen' },
    { request: 'unfreeze', call: 'unpause', before: 'frozen', after: 'running' },
  ] as const
  const cases = requests.flatMap(each => faults.map(fault => ({ ...each, fault })))
  test.for(cases)('$request, $fault: the cookie and its container have the same state', async given => {
    const { request, call, before, after, fault } = given
    const { executor, breakOnce } = await behindProxy()
    const execution = executor.run(shell('sleep 300'))
    await until(execution, 'running')
    if (before === 'frozen') await execution.freeze()
    const came = breakOnce(call, fault)
    await execution[request]().catch(() => {})
    expect(came()).toBe(true)
    expect(await isPaused(execution.id)).toBe(execution.state === 'frozen')
    expect(execution.state).toBe(refusals.includes(fault) ? before : after)
    execution.cancel()
    expect((await execution).status).toBe('cancelled')
    await executor.onIdle()
  })

  test.for(faults)('kill, %s: the container ends, and its exit is reported', async fault => {
    const { executor, breakOnce } = await behindProxy()
    const execution = executor.run(shell('sleep 300', { timeout: 200 }))
    await until(execution, 'running')
    const came = breakOnce('kill', fault)
    const { status, exitCode, error } = await execution
    expect(came()).toBe(true)
    expect([status, exitCode, error?.leaked]).toEqual(['timeout', 137, []])
    await executor.onIdle()
  })
})

test.for(['wait', 'attach'] as const)('the input is released when the %s before the start fails', async call => {
  await using proxy = await startProxy()
  await using driver = await testEngine({ docker: `unix://${proxy.socketPath}`, ...shortLimits })
  proxy.plan = (method, path) => (method === 'POST' && path.includes(`/${call}`) ? 'error500' : undefined)
  const container = driver.container({ command: ['cat'], input: 'x' })
  const input = new Readable({ read() {} })
  await expect(live(container, input)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_ERROR' })
  expect(input.destroyed).toBe(true)
  await container.remove()
})
