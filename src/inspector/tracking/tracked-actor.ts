import type { Subscription } from 'rxjs'
import type { InspectionEvent } from 'xstate'
import { StatAccumulator } from '../../stats/decimate-sink.ts'
import type { Stat } from '../../stats/stat.ts'
import type { Inspectable } from '../../utils/actors/inspectable.ts'
import type { ActorDetails, ActorInfo, Sample, Step, Visit } from '../protocol.ts'
import { nameOf, stateName } from './graph.ts'
import { payloadOf, showable } from './payload.ts'
import { exitCodeOf, statusOf } from './status.ts'
import { StepLog } from './step-log.ts'

/** How many of the latest states a snapshot tells of an actor. */
const pathLength = 48

type Microstep = Extract<InspectionEvent, { type: '@xstate.microstep' }>

/** What XState tells of an actor at the end of an event. */
export interface Seen {
  readonly event: { readonly type: string }
  readonly snapshot: { readonly value?: unknown; readonly context?: unknown; readonly status: string }
}

/** Who an actor is. */
export interface Identity {
  readonly key: number
  readonly id: string
  readonly machine: string
  readonly parent: number | undefined
}

/** One actor, as an inspector keeps it. */
export class TrackedActor {
  readonly identity: Identity
  readonly #log: StepLog
  readonly #path: Visit[] = []
  readonly #maxStats: number
  readonly #created = Date.now()
  readonly #initial: string
  #inspectable: Inspectable | undefined
  #secrets: readonly string[] = []
  #image: string | undefined
  #command: string | undefined
  #controllable = false
  #state: string
  #steps = 0
  #status: string | undefined
  #exitCode: number | undefined
  #over = false
  #context: unknown
  /** The states entered by the event that is being handled. */
  #entered: string[] = []
  #handled = false
  #stats: StatAccumulator | undefined
  #latest: Stat | undefined
  #sampling: Subscription | undefined

  constructor(identity: Identity, initial: string, limits: { readonly maxSteps: number; readonly maxStats: number }) {
    this.identity = identity
    this.#state = initial
    this.#initial = initial
    this.#path.push([this.#created, initial])
    this.#log = new StepLog(limits.maxSteps)
    this.#maxStats = limits.maxStats
  }

  get state(): string {
    return this.#state
  }
  get status(): string | undefined {
    return this.#status
  }
  get over(): boolean {
    return this.#over
  }
  /** Undefined once the actor is at its end. */
  get inspectable(): Inspectable | undefined {
    return this.#inspectable
  }

  /** What is known of it besides its machine; kept until its end. */
  describe(inspectable: Inspectable): void {
    this.#inspectable = inspectable
    // The longest first: one that is a part of another must not leave the rest of that to be seen.
    this.#secrets = (inspectable.secrets ?? []).toSorted((a, b) => b.length - a.length)
    this.#image = inspectable.image
    this.#controllable = inspectable.cancel !== undefined
    const command = inspectable.command?.slice(0, 50).join(' ')
    this.#command = command ? String(showable(command, this.#secrets)) : undefined
  }

  /** Begins to sample it, and tells each sample. */
  sample(tell: (sample: Sample) => void): void {
    if (this.#over || this.#sampling !== undefined) return
    this.#stats ??= new StatAccumulator(this.#maxStats)
    const stats = this.#stats
    this.#sampling = this.#inspectable?.stats$?.subscribe({
      next: ({ timestamp, metrics }) => {
        this.#latest = { timestamp, metrics }
        stats.push(this.#latest)
        tell([this.identity.key, timestamp, metrics.cpu_total ?? null, memoryOf(metrics) ?? null])
      },
      error: () => {},
    })
  }

  stopSampling(): void {
    this.#sampling?.unsubscribe()
    this.#sampling = undefined
  }

  microstep({ _transitions: transitions }: Microstep): void {
    for (const { target } of transitions) {
      this.#handled = true
      const [goal] = target ?? []
      if (goal !== undefined) this.#entered.push(nameOf(goal))
    }
  }

  /** What the actor did with an event; undefined when it took no notice of it. */
  step({ event, snapshot }: Seen): Step | undefined {
    const entered = this.#entered
    const handled = this.#handled
    this.#entered = []
    this.#handled = false
    const from = this.#state
    const to = snapshot.value === undefined ? from : stateName(snapshot.value)
    const over = snapshot.status !== 'active'
    this.#context = snapshot.context
    if (!handled && to === from && !over) return undefined
    const at = Date.now()
    const newStatus =
      this.#status === undefined ? statusOf(this.identity.machine, to, snapshot.context, snapshot.status) : undefined
    const via = to.includes(' & ') ? [] : entered.slice(0, -1)
    // A state that was left and entered again counts as a visit.
    const again = to === from && entered.length === 1 && entered[0] === to
    const step: Step = {
      key: this.identity.key,
      n: ++this.#steps,
      at,
      from,
      to,
      event: event.type,
      ...(via.length > 0 || again ? { via } : {}),
      ...withPayload(payloadOf(event, this.#secrets)),
      ...(newStatus === undefined ? {} : { status: newStatus, ...withExitCode(exitCodeOf(snapshot.context)) }),
      ...(over ? { over } : {}),
    }
    this.#log.push(step)
    this.#status ??= newStatus
    this.#exitCode ??= step.exitCode
    if (to !== from) {
      this.#state = to
      this.#path.push([at, to])
      if (this.#path.length > pathLength) this.#path.shift()
    }
    if (over) this.#end()
    return step
  }

  get info(): ActorInfo {
    const { key, id, machine, parent } = this.identity
    const { metrics } = this.#latest ?? {}
    const mem = metrics && memoryOf(metrics)
    return {
      key,
      id,
      machine,
      ...(parent === undefined ? {} : { parent }),
      ...(this.#image === undefined ? {} : { image: this.#image }),
      ...(this.#command === undefined ? {} : { command: this.#command }),
      ...(this.#controllable ? { controllable: true } : {}),
      initial: this.#initial,
      state: this.#state,
      created: this.#created,
      changed: this.#path.at(-1)?.[0] ?? this.#created,
      steps: this.#steps,
      ...(this.#status === undefined ? {} : { status: this.#status }),
      ...withExitCode(this.#exitCode),
      ...(this.#over ? { over: true } : {}),
      ...(metrics?.cpu_total === undefined ? {} : { cpu: metrics.cpu_total }),
      ...(mem === undefined ? {} : { mem }),
      path: [...this.#path],
    }
  }

  get details(): ActorDetails {
    return {
      key: this.identity.key,
      before: this.#log.before,
      log: this.#log.steps,
      stats: this.#stats?.points() ?? [],
      context: showable(this.#context, this.#secrets),
    }
  }

  #end(): void {
    this.#over = true
    this.stopSampling()
    // It holds on to the task, with its input.
    this.#inspectable = undefined
  }
}

const withPayload = (payload: unknown) => (payload === undefined ? {} : { payload })
const withExitCode = (exitCode: number | undefined) => (exitCode === undefined ? {} : { exitCode })
const memoryOf = (metrics: Stat['metrics']) => metrics.mem_working_set ?? metrics.mem_usage
