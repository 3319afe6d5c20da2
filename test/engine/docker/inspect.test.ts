import { expect, it } from 'vitest'
import { createDockerDriver, createExecutor } from '../../../src/index.ts'
import type { Snapshot } from '../../../src/inspector/protocol.ts'
import type { Hub } from '../../../src/inspector/tracking/hub.ts'
import { startProxy } from '../../support/engine/proxy.ts'
import { engineRequest } from '../../support/engine/request.ts'
import { ensureFunctionImage } from '../../support/images/function-image.ts'
import { ensureTestImage } from '../../support/images/images.ts'
import { Listener, newHub } from '../../unit/inspector/setup.ts'

function snapshotOf(hub: Hub): Snapshot {
  const listener = new Listener()
  hub.join(listener)
  hub.leave(listener)
  return listener.messages[1] as Snapshot
}
const actorsOf = (hub: Hub) => snapshotOf(hub).actors

it('shows an inspector the actors that the driver manages beside its cookies', async () => {
  const image = await ensureTestImage()
  const hub = newHub()
  const driver = await createDockerDriver({ preForkPoolSize: 1 }, { inspect: hub.inspect })
  const executor = createExecutor({ driver, inspect: hub.inspect })
  const { status } = await executor.run({ image, command: ['true'], pull: 'never', id: 'the-bun' })
  await executor.run({ image: 'no-such-image:at-all', pull: 'never' }).catch(() => {})
  await executor.close()
  await driver.close()
  const { machines, actors } = snapshotOf(hub)
  expect(status).toBe('success')
  expect(Object.keys(machines).sort()).toEqual(['cookie', 'image', 'namespace'])
  expect(actors.find(({ id }) => id === 'the-bun')).toMatchObject({ image, state: 'closed', status: 'success' })
  expect(actors.find(({ machine }) => machine === 'image')).toMatchObject({
    image: expect.stringContaining('no-such-image'),
    over: true,
  })
  expect(actors.find(({ machine }) => machine === 'namespace')).toMatchObject({ id: 'namespace-0', over: true })
  hub.close()
})

it('shows which image a run was of, without a further call, and again when its name means another one', async () => {
  const image = await ensureTestImage()
  const hub = newHub()
  const proxy = await startProxy()
  const driver = await createDockerDriver({ docker: `unix://${proxy.socketPath}` })
  const executor = createExecutor({ driver, inspect: hub.inspect })
  const tag = (of: string) => engineRequest('POST', `/images/${of}/tag?repo=cookietin-test/renamed&tag=latest`)
  const idOf = async (name: string) => ((await engineRequest('GET', `/images/${name}/json`)) as { Id: string }).Id
  const shownOf = async (id: string) => {
    await executor.run({ id, image: 'cookietin-test/renamed', command: ['true'], pull: 'never', disableNet: true })
    const { key = 0 } = actorsOf(hub).find(actor => actor.id === id) ?? {}
    return hub.get(key)?.details.task?.imageDigest
  }
  await tag(image)
  const [first, second] = [await idOf(image), await idOf(await ensureFunctionImage())]
  expect([await shownOf('aa'), await shownOf('bb')]).toEqual([first, first])
  expect(proxy.requests.filter(line => /^GET .*\/images\//.test(line)).length).toBe(1)
  await tag(second)
  expect([await shownOf('cc'), await shownOf('dd')]).toEqual([second, second])
  await executor.close()
  await driver.close()
  await proxy[Symbol.asyncDispose]()
  await engineRequest('DELETE', '/images/cookietin-test/renamed')
  hub.close()
})

it('shows a hot slot beside its cookie, with its image and its resources', async () => {
  const image = await ensureFunctionImage()
  const hub = newHub()
  const driver = await createDockerDriver()
  const executor = createExecutor({ driver, inspect: hub.inspect })
  const greet = executor.function({
    image,
    command: ['node', '/function/echo.cjs'],
    pull: 'never',
    idleTimeout: 60_000,
  })
  expect((await greet.invoke({ body: 'hi' })).status).toBe(200)
  const [slot, cookie] = ['slot', 'cookie'].map(machine => actorsOf(hub).find(actor => actor.machine === machine))
  expect(slot).toMatchObject({ image, id: `slot-${cookie?.id}`, command: 'node /function/echo.cjs' })
  expect(slot?.path.map(([, state]) => state).slice(0, 3)).toEqual(['launching', 'listening', 'idle'])
  expect(slot?.controllable).toBeUndefined()
  await greet.close()
  await executor.close()
  await driver.close()
  expect(actorsOf(hub).every(({ over }) => over)).toBe(true)
  hub.close()
})
