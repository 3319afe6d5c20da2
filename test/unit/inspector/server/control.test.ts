import { afterEach, expect, it } from 'vitest'
import { createActor, createMachine } from 'xstate'
import { cookieMachine } from '../../../../machines/cookie.ts'
import { createMockDriver } from '../../../../src/driver/testing.ts'
import { type ContainerTask, createExecutor } from '../../../../src/index.ts'
import { control } from '../../../../src/inspector/server/control.ts'
import type { Hub } from '../../../../src/inspector/tracking/hub.ts'
import { newHub } from '../setup.ts'

const hubs: Hub[] = []
const hubWith = (options: { readonly control: boolean }) => {
  const hub = newHub(options)
  hubs.push(hub)
  return hub
}
afterEach(() => {
  for (const hub of hubs.splice(0)) hub.close()
})

const oven = createMachine({
  id: 'oven',
  initial: 'cold',
  states: { cold: { on: { heat: 'hot' }, after: { 99999: 'hot' } }, hot: { on: { '*': {} } } },
})

const send = (hub: Hub, event: unknown) => control(hub, JSON.stringify({ key: 1, action: 'send', event }))

it('sends an event with its data to an actor of any machine', async () => {
  const hub = hubWith({ control: true })
  const actor = createActor(oven, { inspect: hub.inspect }).start()
  expect(await send(hub, { type: 'heat', to: 220 })).toEqual({ status: 200 })
  expect(actor.getSnapshot().value).toBe('hot')
  expect(hub.get(1)?.details.log).toMatchObject([{ event: 'heat', payload: { to: 220 } }])
  for (const type of ['cool', 'xstate.after.99999.oven.cold'])
    expect(await send(hub, { type })).toMatchObject({ status: 409, error: expect.stringContaining(type) })
  for (const event of [undefined, {}, { type: 7 }, { type: '' }, 'heat'])
    expect(await send(hub, event)).toMatchObject({ status: 400, error: expect.stringContaining('"type"') })
  actor.stop()
  expect(await send(hub, { type: 'heat' })).toMatchObject({ status: 409, error: expect.stringContaining('at its end') })
})

it("takes only the requests of cookietin's own machines: a report by hand would be a lie", async () => {
  const hub = hubWith({ control: true })
  const actor = createActor(cookieMachine, { inspect: hub.inspect, input: { id: 'bun' } }).start()
  expect(await send(hub, { type: 'exited', exit: { exitCode: 0 } })).toMatchObject({ status: 409 })
  expect(await send(hub, { type: 'kill' })).toEqual({ status: 200 })
  expect(actor.getSnapshot().value).toEqual({ settled: 'killed' })
  actor.stop()
})

async function ran(hub: Hub, task: Partial<ContainerTask>) {
  const driver = createMockDriver({ '*': { echoInput: true } })
  const executor = createExecutor({ driver, inspect: hub.inspect })
  await executor.run({ id: 'bun', image: 'any', ...task })
  await executor.onIdle()
  const again = (key = 1) => control(hub, JSON.stringify({ key, action: 'again' }))
  const close = async () => {
    await executor.close()
    await driver.close()
  }
  return { executor, again, close }
}

it.each([undefined, { attempts: 2 }])(
  'runs a task again after its end, under an id of its own: retry %o',
  async retry => {
    const hub = hubWith({ control: true })
    const { executor, again, close } = await ran(hub, { input: 'dough', labels: { team: 'red' }, retry })
    const [key = 0] = [1, 2].filter(key => hub.get(key)?.info.repeatable)
    const answer = await again(key)
    expect(answer).toEqual({ status: 200, id: expect.stringMatching(/^bun\.again-\d+$/) })
    await executor.onIdle()
    const rerun = Array.from({ length: 9 }, (_, n) => hub.get(n)?.info).find(
      info => info?.repeatable && info.id.endsWith(answer.id ?? '?'),
    )
    expect(rerun).toMatchObject({ status: retry === undefined ? 'success' : 'ended', labels: ['team=red'] })
    await close()
    expect(await again(key)).toMatchObject({ status: 409, error: expect.stringContaining('closed') })
  },
)

it.each([
  ['an input that can be read only once', { input: new Blob(['dough']).stream() }],
  ['a large input', { input: 'x'.repeat(70_000) }],
])('does not offer to run again what has %s', async (_, task) => {
  const hub = hubWith({ control: true })
  const { again, close } = await ran(hub, task)
  expect(hub.get(1)?.info.repeatable).toBeUndefined()
  expect(await again()).toMatchObject({ status: 409, error: expect.stringContaining('only once') })
  await close()
})

it('keeps nothing to run again where control is off', async () => {
  const hub = hubWith({ control: false })
  const { close } = await ran(hub, {})
  expect([hub.get(1)?.again, hub.get(1)?.info.repeatable]).toEqual([undefined, undefined])
  await close()
})
