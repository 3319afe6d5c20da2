import { type AnyStateMachine, createActor, fromPromise, type InspectionEvent, waitFor } from 'xstate'
import { imageMachine } from '../../machines/image.ts'
import { namespaceMachine } from '../../machines/namespace.ts'
import { runMachine } from '../../machines/run.ts'
import { slotMachine } from '../../machines/slot.ts'

/** A machine that the mock engine does not drive. Its actors are slow, and it gets an event now and then. */
interface Bot {
  readonly machine: AnyStateMachine
  readonly input: (n: number) => object
  /** The results of its promise actors. */
  readonly outputs?: Readonly<Record<string, unknown>>
  /** Events that are sent whenever its state accepts them. */
  readonly events: readonly string[]
  /** The event that ends it. */
  readonly last?: string
}

const bots: readonly Bot[] = [
  {
    machine: slotMachine,
    input: n => ({ id: `slot-${n}`, freezeAfter: 600, idleTimeout: 9_000, launchTimeout: 5_000 }),
    events: ['call', 'served'],
    last: 'evict',
  },
  {
    machine: imageMachine,
    input: n => ({
      image: `ghcr.io/acme/resize:${n}`,
      policy: 'missing',
      retries: 3,
      retryDelay: 400,
      retryMaxDelay: 2_000,
      jitter: 0.5,
      timeout: 60_000,
    }),
    outputs: { look: false },
    events: [],
  },
  {
    machine: runMachine,
    input: n => ({ id: `job-${n}`, attempts: 3, delay: 900, maxDelay: 4_000, jitter: 0.5 }),
    outputs: { attempt: true, judge: true },
    events: [],
  },
  {
    machine: namespaceMachine,
    input: n => ({ id: `namespace-${n}`, maxUses: 5, rest: 300 }),
    events: ['lease', 'release'],
    last: 'close',
  },
]

/** Drives the machines other than the cookie's, one actor after the other, until the signal aborts. */
export async function driveBots(
  inspect: (event: InspectionEvent) => void,
  chance: () => number,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(bots.flatMap(bot => [drive(bot, inspect, chance, signal), drive(bot, inspect, chance, signal)]))
}

async function drive(bot: Bot, inspect: (event: InspectionEvent) => void, chance: () => number, signal: AbortSignal) {
  const machine = provided(bot, chance)
  while (!signal.aborted) {
    const id = `${bot.machine.id}-${Math.floor(chance() * 1_000)}`
    const actor = createActor(machine, { id, inspect, input: bot.input(Math.floor(chance() * 100)) }).start()
    for (let turns = 20; turns > 0 && !signal.aborted && actor.getSnapshot().status === 'active'; turns--) {
      await pause(200 + chance() * 900, signal)
      const type = bot.events.find(type => actor.getSnapshot().can({ type }))
      if (type !== undefined && actor.getSnapshot().status === 'active') actor.send({ type })
    }
    if (bot.last !== undefined && actor.getSnapshot().status === 'active') {
      actor.send({ type: bot.last })
      await waitFor(actor, ({ status }) => status !== 'active', { timeout: 3_000 }).catch(() => {})
    }
    actor.stop()
    await pause(600, signal)
  }
}

function provided({ machine, outputs = {} }: Bot, chance: () => number): AnyStateMachine {
  const names = Object.keys(machine.implementations.actors).filter(name => name !== 'stopwatch')
  const actors = names.map(name => [
    name,
    fromPromise(async ({ signal }) => {
      await pause(100 + chance() * 900, signal)
      return outputs[name]
    }),
  ])
  return machine.provide({ actors: Object.fromEntries(actors) })
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>(resolve => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
