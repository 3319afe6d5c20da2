import {
  type Actor,
  type AnyActorRef,
  createActor,
  fromCallback,
  fromPromise,
  type InspectionEvent,
  SimulatedClock,
} from 'xstate'
import { cookieMachine } from '../../machines/cookie.ts'
import type { CookieState } from '../../machines/cookie-states.ts'
import type { CookieEvent, CookieInput } from '../../machines/types/cookie.ts'
import { stateOf } from '../../src/utils/actors/follow-state.ts'
import { flush } from './flush.ts'

type Call = 'prepare' | 'start' | 'pause' | 'unpause' | 'terminate' | 'kill' | 'collect' | 'remove'

interface Pending {
  resolve: () => void
  reject: (error: Error) => void
  signal: AbortSignal
}

/** A cookie's actor whose engine and clock the test drives. */
export class CookieSetup {
  readonly clock = new SimulatedClock()
  readonly seen: CookieState[] = []
  readonly actor: Actor<typeof cookieMachine>
  readonly calls: Call[] = []
  readonly #pending = new Map<Call, Pending>()
  watching = false

  constructor(input: Partial<CookieInput> = {}, inspect: (event: InspectionEvent) => void = () => {}) {
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
        terminate: call('terminate'),
        kill: call('kill'),
        collect: call('collect'),
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
        inspect(event)
        if (event.type === '@xstate.snapshot' && event.actorRef === this.actor) this.seen.push(this.state)
      },
    })
    this.actor.start()
  }

  get state(): CookieState {
    return stateOf(this.actor) as CookieState
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

  /** Settles the machine's last call of that name. */
  async answer(call: Call, error?: Error): Promise<this> {
    const { resolve, reject } = this.pending(call)
    if (error === undefined) resolve()
    else reject(error)
    await flush()
    return this
  }
}

/** Brings a new cookie into a state, by the shortest way. */
export async function reach(
  state: CookieState,
  input?: Partial<CookieInput>,
  inspect?: (event: InspectionEvent) => void,
): Promise<CookieSetup> {
  const cookie = new CookieSetup({ ...(state === 'collecting' && { artifactsTimeout: 500 }), ...input }, inspect)
  await ways[state](cookie)
  if (cookie.state !== state) throw new Error(`expected ${state}, got ${cookie.state}`)
  return cookie
}

const exit = { exitCode: 0, oomKilled: false, outputTruncated: false }

const ways: Record<CookieState, (cookie: CookieSetup) => unknown> = {
  created: () => {},
  preparing: cookie => cookie.send('prepare'),
  prepared: cookie => cookie.send('prepare').answer('prepare'),
  starting: async cookie => (await cookie.send('prepare').answer('prepare')).send('run'),
  running: async cookie => {
    await ways.starting(cookie)
    await cookie.answer('start')
  },
  freezing: async cookie => {
    await ways.running(cookie)
    cookie.send('freeze')
  },
  frozen: async cookie => {
    await ways.freezing(cookie)
    await cookie.answer('pause')
  },
  unfreezing: async cookie => {
    await ways.frozen(cookie)
    cookie.send('unfreeze')
  },
  terminating: async cookie => {
    await ways.running(cookie)
    cookie.send({ type: 'cancel', stopGrace: 1_000 })
  },
  stopping: async cookie => {
    await ways.running(cookie)
    cookie.send('cancel')
  },
  collecting: async cookie => {
    await ways.running(cookie)
    cookie.send({ type: 'exited', exit })
  },
  done: async cookie => {
    await ways.running(cookie)
    cookie.send({ type: 'exited', exit })
  },
  timeout: async cookie => {
    await ways.running(cookie)
    cookie.clock.increment(cookie.context.timeout ?? 0)
    cookie.send({ type: 'exited', exit: { ...exit, exitCode: 137 } })
  },
  killed: cookie => cookie.send('kill'),
  cancelled: cookie => cookie.send('cancel'),
  failed: cookie => cookie.send('prepare').answer('prepare', new Error('no image')),
  closing: async cookie => {
    await ways.done(cookie)
    cookie.send('close')
  },
  closed: async cookie => {
    await ways.closing(cookie)
    await cookie.answer('remove')
  },
}
