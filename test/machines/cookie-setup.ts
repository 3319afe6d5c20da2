import { type Actor, type AnyActorRef, createActor, fromCallback, fromPromise, SimulatedClock } from 'xstate'
import { cookieMachine } from '../../machines/cookie.ts'
import type { CookieState } from '../../machines/cookie-states.ts'
import type { CookieEvent, CookieInput } from '../../machines/cookie-types.ts'

type Call = 'prepare' | 'start' | 'pause' | 'unpause' | 'kill' | 'remove'

interface Pending {
  resolve: () => void
  reject: (error: Error) => void
  signal: AbortSignal
}

/** A cookie's actor whose engine and clock are in the hands of the test. */
export class Rig {
  readonly clock = new SimulatedClock()
  readonly seen: CookieState[] = []
  /** The transitions that were taken, as `state: event -> target #index`. */
  readonly taken = new Set<string>()
  readonly actor: Actor<typeof cookieMachine>
  readonly calls: Call[] = []
  readonly #pending = new Map<Call, Pending>()
  watching = false

  constructor(input: Partial<CookieInput> = {}) {
    const call = (name: Call) =>
      fromPromise<void, AnyActorRef>(
        ({ signal }) =>
          new Promise((resolve, reject) => {
            this.calls.push(name)
            this.#pending.set(name, { resolve, reject, signal })
          }),
      )
    const machine = cookieMachine.provide({
      actors: {
        prepare: call('prepare'),
        start: call('start'),
        pause: call('pause'),
        unpause: call('unpause'),
        kill: call('kill'),
        remove: call('remove'),
        watch: fromCallback<{ type: string }, AnyActorRef>(() => {
          this.watching = true
          return () => {
            this.watching = false
          }
        }),
      },
    })
    this.actor = createActor(machine, {
      input: { id: 'c1', timeout: Number.POSITIVE_INFINITY, ...input },
      clock: this.clock,
      inspect: event => {
        if (event.type === '@xstate.microstep' && event.actorRef === this.actor) {
          for (const transition of event._transitions as readonly object[]) this.taken.add(nameOf(transition))
        }
        if (event.type === '@xstate.snapshot' && event.actorRef === this.actor) this.seen.push(this.state)
      },
    })
    this.actor.start()
  }

  get state(): CookieState {
    return this.actor.getSnapshot().value as CookieState
  }
  get context() {
    return this.actor.getSnapshot().context
  }

  send(event: CookieEvent | CookieEvent['type']): this {
    this.actor.send(typeof event === 'string' ? ({ type: event } as CookieEvent) : event)
    return this
  }

  pending(call: Call): Pending {
    const pending = this.#pending.get(call)
    if (pending === undefined) throw new Error(`the machine has not called ${call}`)
    return pending
  }

  /** The engine's answer to the machine's last call of that name. */
  async answer(call: Call, error?: Error): Promise<this> {
    const { resolve, reject } = this.pending(call)
    if (error === undefined) resolve()
    else reject(error)
    await flush()
    return this
  }
}

/** Lets promise actors report to their parent. */
export const flush = () => new Promise<void>(resolve => setImmediate(resolve))

/** Names a transition of the machine in a form that a definition and an inspection event share. */
export function nameOf(transition: object): string {
  const { source, eventType, target, guard } = transition as {
    source: { key: string }
    eventType: string
    target?: readonly { key: string }[]
    guard?: string
  }
  return `${source.key}: ${eventType} [${guard ?? ''}] -> ${target?.[0]?.key ?? '(stays)'}`
}

/** Brings a fresh cookie into a state, by the shortest way. */
export async function reach(state: CookieState, input?: Partial<CookieInput>): Promise<Rig> {
  const rig = new Rig(input)
  await ways[state](rig)
  if (rig.state !== state) throw new Error(`expected ${state}, got ${rig.state}`)
  return rig
}

const exit = { exitCode: 0, oomKilled: false, outputTruncated: false }

const ways: Record<CookieState, (rig: Rig) => unknown> = {
  created: () => {},
  preparing: rig => rig.send('prepare'),
  prepared: rig => rig.send('prepare').answer('prepare'),
  starting: async rig => (await rig.send('prepare').answer('prepare')).send('run'),
  running: async rig => {
    await ways.starting(rig)
    await rig.answer('start')
  },
  freezing: async rig => {
    await ways.running(rig)
    rig.send('freeze')
  },
  frozen: async rig => {
    await ways.freezing(rig)
    await rig.answer('pause')
  },
  unfreezing: async rig => {
    await ways.frozen(rig)
    rig.send('unfreeze')
  },
  stopping: async rig => {
    await ways.running(rig)
    rig.send('cancel')
  },
  done: async rig => {
    await ways.running(rig)
    rig.send({ type: 'exited', exit })
  },
  timeout: async rig => {
    await ways.running(rig)
    rig.clock.increment(rig.context.timeout)
    rig.send({ type: 'exited', exit: { ...exit, exitCode: 137 } })
  },
  killed: rig => rig.send('kill'),
  cancelled: rig => rig.send('cancel'),
  failed: rig => rig.send('prepare').answer('prepare', new Error('no image')),
  closing: async rig => {
    await ways.done(rig)
    rig.send('close')
  },
  closed: async rig => {
    await ways.closing(rig)
    await rig.answer('remove')
  },
}
