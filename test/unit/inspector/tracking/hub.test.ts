import { filter, firstValueFrom } from 'rxjs'
import { expect, it } from 'vitest'
import { createActor, createMachine, fromPromise, waitFor } from 'xstate'
import { imageMachine } from '../../../../machines/image.ts'
import { createMockDriver } from '../../../../src/driver/testing.ts'
import { createExecutor, type Executor } from '../../../../src/index.ts'
import { Model } from '../../../../src/inspector/page/data/model.ts'
import type { Delta, Snapshot } from '../../../../src/inspector/protocol.ts'
import type { Hub } from '../../../../src/inspector/tracking/hub.ts'
import { Listener, newHub } from '../setup.ts'

async function withExecutor(hub: Hub, act: (executor: Executor) => Promise<unknown>): Promise<void> {
  await using driver = createMockDriver({ ok: {}, broken: { exitCode: 3 }, '*': {} })
  await using executor = createExecutor({ driver, inspect: hub.inspect })
  await act(executor)
}

it('sends a snapshot, then the changes in numbered batches', async () => {
  const hub = newHub()
  await withExecutor(hub, executor => executor.run({ image: 'ok', id: 'early' }))
  const listener = new Listener()
  hub.join(listener)
  await withExecutor(hub, executor => executor.run({ image: 'broken', id: 'late', command: 'knead dough' }))
  hub.close()
  const [hello, snapshot, ...rest] = listener.messages
  expect(hello).toMatchObject({ type: 'hello', protocol: 1, mode: 'live', control: false })
  expect(snapshot).toMatchObject({
    type: 'snapshot',
    actors: [
      { id: 'early', machine: 'cookie', image: 'ok', state: 'closed', status: 'success', exitCode: 0, over: true },
    ],
    totals: { seen: 1, ended: 1, statuses: { success: 1 } },
  })
  expect(rest.at(-1)).toMatchObject({ type: 'end' })
  const deltas = rest.filter((message): message is Delta => message.type === 'delta')
  const first = (snapshot as Snapshot).seq
  expect(deltas.map(({ seq }) => seq - first)).toEqual(deltas.map((_, index) => index + 1))
  expect(deltas.flatMap(({ actors = [] }) => actors)).toMatchObject([
    { id: 'late', state: 'created', image: 'broken', command: 'knead dough', steps: 0 },
  ])
  const steps = deltas.flatMap(({ steps = [] }) => steps)
  expect(steps.map(({ from, to, event }) => [from, to, event.replace(/\.\d.*/, '')])).toEqual([
    ['created', 'preparing', 'prepare'],
    ['preparing', 'prepared', 'xstate.done.actor'],
    ['prepared', 'starting', 'run'],
    ['starting', 'running', 'xstate.done.actor'],
    ['running', 'running', 'exitSeen'],
    ['running', 'done', 'exited'],
    ['done', 'closing', 'close'],
    ['closing', 'closed', 'xstate.done.actor'],
  ])
  expect(steps.find(({ event }) => event === 'exited')).toMatchObject({
    via: ['deciding'],
    arrows: ['started→settled', 'deciding→done'],
    payload: { exit: { exitCode: 3 } },
    status: 'error',
    reason: { code: 'ERR_COOKIETIN_EXIT_NONZERO', message: 'The task exited with code 3' },
    exitCode: 3,
  })
})

it('gives the same by deltas as by a new snapshot', async () => {
  const hub = newHub()
  const follower = new Listener()
  hub.join(follower)
  await withExecutor(hub, executor =>
    Promise.all(Array.from({ length: 40 }, (_, n) => executor.run({ image: n % 3 ? 'ok' : 'broken' }))),
  )
  const late = new Listener()
  hub.join(late)
  const [followed, asked] = [follower, late].map(({ messages }) => {
    const model = new Model()
    for (const message of messages) expect(model.apply(message)).toBe(true)
    return model
  })
  expect(followed?.actors).toEqual(asked?.actors)
  expect(followed?.totals).toEqual(asked?.totals)
  expect(asked?.totals.statuses).toEqual({ success: 26, error: 14 })
  expect(asked?.totals.states.cookie).toEqual({})
  hub.close()
})

it('keeps no messages for an audience that is behind, and sends it a snapshot when it has caught up', async () => {
  const hub = newHub()
  const slow = new Listener()
  const fast = new Listener()
  hub.join(slow)
  hub.join(fast)
  slow.isBehind = true
  const before = slow.messages.length
  await withExecutor(hub, executor => Promise.all(Array.from({ length: 20 }, () => executor.run({ image: 'ok' }))))
  hub.join(new Listener())
  expect(fast.messages.length).toBeGreaterThan(2)
  expect(slow.messages).toHaveLength(before)
  slow.catchUp()
  const model = new Model()
  for (const message of slow.messages) expect(model.apply(message)).toBe(true)
  expect(model.actors.size).toBe(20)
  await withExecutor(hub, executor => executor.run({ image: 'ok', id: 'after' }))
  hub.close()
  for (const message of slow.messages.slice(before + 1)) expect(model.apply(message)).toBe(true)
  expect([...model.actors.values()].at(-1)).toMatchObject({ id: 'after', state: 'closed' })
})

it('drops ended actors beyond the bound, the oldest first, and never a living one', async () => {
  const hub = newHub({ maxActors: 3 })
  const listener = new Listener()
  hub.join(listener)
  await using driver = createMockDriver({ long: { runFor: Infinity }, '*': {} })
  await using executor = createExecutor({ driver, concurrency: 10, inspect: hub.inspect })
  const living = ['aa', 'bb'].map(id => executor.run({ id, image: 'long' }))
  for (const id of ['cc', 'dd', 'ee', 'ff']) await executor.run({ id, image: 'ok' })
  // A cookie has ended when it is closed, which is after its result.
  await firstValueFrom(executor.transitions$.pipe(filter(({ id, to }) => id === 'ff' && to === 'closed')))
  const late = new Listener()
  hub.join(late)
  const kept = (late.messages[1] as Snapshot).actors.map(({ id }) => id)
  expect(kept).toEqual(expect.arrayContaining(['aa', 'bb']))
  expect(kept).not.toContain('cc')
  const model = new Model()
  for (const message of listener.messages) model.apply(message)
  expect([...model.actors.values()].map(({ id }) => id)).toEqual(kept)
  for (const execution of living) execution.cancel()
  await Promise.all(living)
  hub.close()
})

it('detects a gap', () => {
  const model = new Model()
  const totals = { seen: 0, ended: 0, states: {}, statuses: {} }
  expect(model.apply({ type: 'snapshot', seq: 5, now: 1, machines: {}, actors: [], totals })).toBe(true)
  expect(model.apply({ type: 'delta', seq: 7, now: 2, totals })).toBe(false)
  expect(model.apply({ type: 'delta', seq: 6, now: 2, totals })).toBe(true)
})

it('counts the statuses of each machine', async () => {
  const hub = newHub()
  const listener = new Listener()
  hub.join(listener)
  await withExecutor(hub, executor => Promise.all(['ok', 'ok', 'broken'].map(image => executor.run({ image }))))
  const image = createActor(imageMachine.provide({ actors: { look: fromPromise(async () => true) } }), {
    id: 'busybox',
    inspect: hub.inspect,
    input: {
      image: 'busybox',
      policy: 'missing',
      retries: 0,
      retryDelay: 0,
      retryMaxDelay: 0,
      jitter: 0,
      timeout: 1_000,
    },
  }).start()
  await waitFor(image, ({ status }) => status === 'done')
  hub.close()
  const last = listener.messages.findLast((message): message is Delta => message.type === 'delta')
  expect(last?.totals.endings).toEqual({ cookie: { success: 2, error: 1 }, image: { present: 1 } })
  expect(last?.totals.statuses).toEqual({ success: 2, error: 1, present: 1 })
})

it('has children below the machine that invokes them, which is told of after them, and attempts below their run', async () => {
  const hub = newHub()
  const icing = createMachine({ id: 'icing', initial: 'soft', states: { soft: {} } })
  const layer = createMachine({ id: 'layer', initial: 'raw', states: { raw: { invoke: { src: icing } } } })
  const cake = createMachine({ id: 'cake', initial: 'making', states: { making: { invoke: { src: layer } } } })
  const actor = createActor(cake, { inspect: hub.inspect }).start()
  await withExecutor(hub, executor =>
    executor.run({ id: 'crust', image: 'broken', retry: { attempts: 2, delay: 0, when: () => true } }),
  )
  const listener = new Listener()
  hub.join(listener)
  const { actors } = listener.messages[1] as Snapshot
  const keyOf = (machine: string) => actors.find(info => info.machine === machine)?.key
  expect(actors.map(({ machine, key, parent }) => [machine, key, parent])).toEqual([
    ['cake', 1, undefined],
    ['layer', 2, keyOf('cake')],
    ['icing', 3, keyOf('layer')],
    ['cookie', 4, undefined],
    ['run', 5, undefined],
    ['cookie', 6, keyOf('run')],
  ])
  expect(actors[4]?.members).toEqual([4])
  actor.stop()
  hub.close()
})
