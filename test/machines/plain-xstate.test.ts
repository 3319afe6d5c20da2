import { describe, expect, it } from 'vitest'
import { type AnyActorRef, createActor, fromCallback, fromPromise, SimulatedClock } from 'xstate'
import { getShortestPaths } from 'xstate/graph'
import { longestDelay } from '../../machines/clock.ts'
import { cookieStates } from '../../machines/cookie-states.ts'
import {
  cookieMachine,
  imageMachine,
  namespaceMachine,
  runMachine,
  slotMachine,
  spareMachine,
} from '../../machines/index.ts'
import { innermost, stateOf } from '../../src/utils/actors/follow-state.ts'
import { reach } from './cookie-setup.ts'
import { flush } from './flush.ts'

const forever = Number.POSITIVE_INFINITY

const cookies = [
  { id: 'c', timeout: forever, stopGrace: forever, artifactsTimeout: forever },
  { id: 'c', timeout: 60_000, artifactsTimeout: 10_000 },
  { id: 'c', timeout: forever, grace: forever, artifactsTimeout: forever },
]
const endlessSlot = { id: 's', freezeAfter: forever, idleTimeout: forever, launchTimeout: forever }
const slots = [{ id: 's', freezeAfter: 50, idleTimeout: 30_000, launchTimeout: 5_000 }, endlessSlot]
const namespaces = [
  { id: 'n', maxUses: 100, rest: 1_000 },
  { id: 'n', maxUses: forever, rest: forever },
]
const images = [
  { retries: 5, retryDelay: 1_000, retryMaxDelay: 30_000, timeout: 600_000 },
  { retries: forever, retryDelay: forever, retryMaxDelay: forever, timeout: forever },
].map(input => ({ image: 'busybox', policy: 'missing' as const, jitter: 0.5, ...input }))

const runs = [
  { attempts: 3, delay: 1_000, maxDelay: 30_000 },
  { attempts: forever, delay: forever, maxDelay: forever },
].map(input => ({ id: 'r', jitter: 0.5, ...input }))

describe('the shortest paths of a machine, by the default options of xstate/graph', () => {
  const ends = (paths: readonly { readonly state: { readonly value: unknown } }[]) =>
    new Set(paths.map(({ state }) => innermost(state.value)))

  it.each(cookies)('lead to every state of a cookie that its times allow: %o', input => {
    const states = input.stopGrace === undefined ? cookieStates.filter(state => state !== 'terminating') : cookieStates
    expect(ends(getShortestPaths(cookieMachine, { input }))).toEqual(new Set(states))
  })

  it.each(slots)('lead to every state of a slot that its times allow: %o', input => {
    const states = ['launching', 'listening', 'idle', 'busy', 'draining', 'gone']
    const freezing = input.freezeAfter === forever ? [] : ['freezing', 'frozen', 'unfreezing']
    expect(ends(getShortestPaths(slotMachine, { input }))).toEqual(new Set([...states, ...freezing]))
  })

  it.each(namespaces)('lead to every state of a namespace: %o', input => {
    const states = ['making', 'free', 'leased', 'resting', 'removing', 'pausing', 'closing', 'closed']
    expect(ends(getShortestPaths(namespaceMachine, { input }))).toEqual(new Set(states))
  })

  it('lead to every state of a spare container', () => {
    const states = ['making', 'free', 'adopted', 'removing', 'pausing', 'closing', 'closed']
    expect(ends(getShortestPaths(spareMachine, { input: { id: 's' } }))).toEqual(new Set(states))
  })

  it.each(runs)('lead to every state of a run that is not retried: %o', input => {
    expect(ends(getShortestPaths(runMachine, { input }))).toEqual(new Set(['attempting', 'ended']))
  })

  it.each(images)('lead to every state of an image that is not retried: %o', input => {
    const states = ['looking', 'pulling', 'present', 'failed', 'cancelled']
    expect(ends(getShortestPaths(imageMachine, { input }))).toEqual(new Set(states))
  })
})

const asJson = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value

it('has a context that JSON keeps as it is, for every machine and input', () => {
  const contexts = [
    ...cookies.map(input => createActor(cookieMachine, { input }).getSnapshot().context),
    ...slots.map(input => createActor(slotMachine, { input }).getSnapshot().context),
    ...namespaces.map(input => createActor(namespaceMachine, { input }).getSnapshot().context),
    createActor(spareMachine, { input: { id: 's' } }).getSnapshot().context,
    ...runs.map(input => createActor(runMachine, { input }).getSnapshot().context),
    ...images.map(input => createActor(imageMachine, { input }).getSnapshot().context),
  ]
  for (const context of contexts) expect(asJson(context)).toEqual(context)
})

/** A cookie's machine whose actors resolve at once. */
const willing = () => {
  const done = fromPromise<void, AnyActorRef>(async () => {})
  const watch = fromCallback<{ type: string }, AnyActorRef>(() => {})
  const actors = { prepare: done, start: done, pause: done, unpause: done, kill: done, remove: done, watch }
  return cookieMachine.provide({ actors })
}

/** A cookie that ran for 600 ms of its timeout, persisted as JSON and restored by a clock that begins at 0. */
async function restored(timeout: number) {
  const cookie = await reach('running', { timeout })
  cookie.clock.increment(600)
  await cookie.send('freeze').answer('pause')
  await cookie.send('unfreeze').answer('unpause')
  cookie.clock.increment(50)
  const clock = new SimulatedClock()
  const snapshot = asJson(cookie.actor.getPersistedSnapshot()) as ReturnType<typeof cookie.actor.getSnapshot>
  const actor = createActor(willing(), { clock, snapshot, input: { id: 'c' } })
  actor.start()
  return { clock, actor }
}

describe('a running cookie that is restored from JSON', () => {
  it('times out when the rest of its timeout has passed since it was restored', async () => {
    const { actor, clock } = await restored(1_000)
    clock.increment(399)
    expect(stateOf(actor)).toBe('running')
    clock.increment(1)
    expect([stateOf(actor), actor.getSnapshot().context.cause]).toEqual(['stopping', 'timeout'])
  })

  it('keeps the time that it ran, and adds only what it runs after that', async () => {
    const { actor, clock } = await restored(1_000)
    clock.increment(100)
    actor.send({ type: 'freeze' })
    await flush()
    expect([stateOf(actor), actor.getSnapshot().context.ranFor]).toEqual(['frozen', 700])
  })

  it('never times out without a timeout, also when it is frozen and thawed', async () => {
    const { actor, clock } = await restored(forever)
    for (const type of ['freeze', 'unfreeze'] as const) {
      actor.send({ type })
      await flush()
      clock.increment(longestDelay)
      clock.increment(longestDelay)
    }
    expect([stateOf(actor), actor.getSnapshot().context.timeout]).toEqual(['running', undefined])
  })
})

describe('a slot without an idle time that is restored from JSON', () => {
  it('lives on after its next call', async () => {
    const pending = fromPromise<void, AnyActorRef>(() => new Promise(() => {}))
    const done = fromPromise<void, AnyActorRef>(async () => {})
    const actors = { launch: done, listen: done, freeze: pending, unfreeze: pending, retire: pending }
    const machine = slotMachine.provide({ actors })
    const first = createActor(machine, { input: endlessSlot })
    first.start()
    await flush()
    await flush()
    const clock = new SimulatedClock()
    const snapshot = asJson(first.getPersistedSnapshot()) as ReturnType<typeof first.getSnapshot>
    const actor = createActor(machine, { clock, snapshot, input: endlessSlot })
    actor.start()
    actor.send({ type: 'call' })
    actor.send({ type: 'served' })
    clock.increment(longestDelay)
    expect([stateOf(first), stateOf(actor)]).toEqual(['idle', 'idle'])
  })
})

it('restores a namespace of unlimited uses that is leased, and an image without a timeout that is pulled', async () => {
  const done = fromPromise<void, AnyActorRef>(async () => {})
  const namespaces = namespaceMachine.provide({ actors: { make: done, remove: done } })
  const input = { id: 'n', maxUses: forever, rest: 0 }
  const namespace = createActor(namespaces, { input })
  namespace.start()
  await flush()
  namespace.send({ type: 'lease' })
  const kept = asJson(namespace.getPersistedSnapshot()) as ReturnType<typeof namespace.getSnapshot>
  const leased = createActor(namespaces, { input, snapshot: kept }).start()
  leased.send({ type: 'release' })
  expect(stateOf(leased)).toBe('free')

  const unreachable = Object.assign(new Error('no route'), { code: 'ERR_COOKIETIN_REGISTRY_UNREACHABLE' })
  const pull = fromPromise<void, AnyActorRef>(() => Promise.reject(unreachable))
  const look = fromPromise<boolean, AnyActorRef>(async () => false)
  const pulls = imageMachine.provide({ actors: { look, pull } })
  const endless = { image: 'x', policy: 'always' as const, jitter: 1, retryDelay: 50, retryMaxDelay: forever }
  const wanted = { ...endless, retries: forever, timeout: forever }
  const pulling = createActor(pulls, { input: wanted })
  const snapshot = asJson(pulling.getPersistedSnapshot()) as ReturnType<typeof pulling.getSnapshot>
  const image = createActor(pulls, { input: wanted, snapshot, clock: new SimulatedClock() }).start()
  expect(stateOf(image)).toBe('pulling')
  await flush()
  expect(stateOf(image)).toBe('waiting')
})
