import type { Subscription } from 'rxjs'
import type { AnyStateMachine, InspectionEvent } from 'xstate'
import { StatAccumulator } from '../../stats/decimate-sink.ts'
import type { Stat } from '../../stats/stat.ts'
import type { Inspectable, TaskFacts } from '../../utils/actors/inspectable.ts'
import { type ActorDetails, type ActorInfo, arrowKey, hops, type Sample, type Step, type Visit } from '../protocol.ts'
import { arrowKeysOf, stateName } from './graph.ts'
import { payloadOf, showable } from './payload.ts'
import { type Ending, endingOf, type SeenSnapshot } from './status.ts'
import { StepLog } from './step-log.ts'
import { TrackedOutput } from './tracked-output.ts'

/** How many of an actor's latest states a snapshot message has. */
const pathLength = 48

type Microstep = Extract<InspectionEvent, { type: '@xstate.microstep' }>

/** What XState reports of an actor after an event. */
export interface Seen {
  readonly event: { readonly type: string }
  readonly snapshot: SeenSnapshot
}

/** What identifies an actor. */
export interface Identity {
  readonly key: number
  readonly id: string
  /** A key of the registry's machines. */
  readonly machine: string
  readonly parent: number | undefined
}

/** One actor, as an inspector keeps it. */
export class TrackedActor {
  readonly identity: Identity
  readonly #machine: AnyStateMachine
  readonly #log: StepLog
  readonly #path: Visit[] = []
  readonly #maxStats: number
  readonly #created = Date.now()
  readonly #initial: string
  #inspectable: Inspectable | undefined
  #secrets: readonly string[] = []
  #image: string | undefined
  #command: string | undefined
  #labels: readonly string[] | undefined
  #controllable = false
  #task: TaskFacts | undefined
  #members: readonly number[] = []
  #output: TrackedOutput | undefined
  #state: string
  #steps = 0
  #ending: Ending | undefined
  #over = false
  #context: unknown
  /** The states that the present event has led to, and the arrows that it has taken. */
  #entered: string[] = []
  #arrows: string[] = []
  #handled = false
  #stats: StatAccumulator | undefined
  #latest: Stat | undefined
  #sampling: Subscription | undefined

  constructor(
    identity: Identity,
    machine: AnyStateMachine,
    initial: string,
    limits: { readonly maxSteps: number; readonly maxStats: number },
  ) {
    this.identity = identity
    this.#machine = machine
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
    return this.#ending?.status
  }
  get over(): boolean {
    return this.#over
  }
  /** Undefined once the actor is at its end. */
  get inspectable(): Inspectable | undefined {
    return this.#inspectable
  }

  /** The kept output; undefined where none is watched. */
  get output(): TrackedOutput | undefined {
    return this.#output
  }

  /**
   * Adds what is known of it besides its machine. It is kept until the actor's end. `members` are the keys of its members. `output`: its output is
   * watched.
   */
  describe(inspectable: Inspectable, members: readonly number[], output: boolean): void {
    this.#inspectable = inspectable
    this.#task = inspectable.task
    this.#members = members
    if (output && inspectable.watchOutput !== undefined) this.#output = new TrackedOutput(inspectable)
    this.#secrets = inspectable.secrets ?? []
    this.#image = inspectable.image
    this.#controllable = inspectable.cancel !== undefined
    const command = inspectable.command?.slice(0, 50).join(' ')
    this.#command = command ? String(showable(command, this.#secrets)) : undefined
    const labels = Object.entries(inspectable.labels ?? {}).slice(0, 50)
    const shown = labels.map(([name, value]) => String(showable(`${name}=${value}`, this.#secrets)))
    this.#labels = shown.length > 0 ? shown : undefined
  }

  /** Begins to sample it, and reports each sample. */
  sample(onSample: (sample: Sample) => void): void {
    if (this.#over || this.#sampling !== undefined) return
    this.#stats ??= new StatAccumulator(this.#maxStats)
    const stats = this.#stats
    this.#sampling = this.#inspectable?.stats$?.subscribe({
      next: ({ timestamp, metrics }) => {
        this.#latest = { timestamp, metrics }
        stats.offer(this.#latest)
        onSample([this.identity.key, timestamp, metrics.cpu_total ?? null, memoryOf(metrics) ?? null])
      },
      error: () => {},
    })
  }

  stopSampling(): void {
    this.#sampling?.unsubscribe()
    this.#sampling = undefined
  }

  microstep({ _transitions: transitions, snapshot }: Microstep): void {
    if (transitions.length > 0) this.#handled = true
    const arrows = transitions.flatMap(transition => arrowKeysOf(this.#machine, transition))
    if (arrows.length === 0) return
    this.#arrows.push(...arrows)
    this.#entered.push(stateName(this.#machine, (snapshot as SeenSnapshot).value))
  }

  /** What the actor did with an event; undefined when it ignored the event. */
  step({ event, snapshot }: Seen): Step | undefined {
    const [entered, arrows, handled] = [this.#entered, this.#arrows, this.#handled]
    this.#entered = []
    this.#arrows = []
    this.#handled = false
    const from = this.#state
    const to = snapshot.value === undefined ? from : stateName(this.#machine, snapshot.value)
    const over = snapshot.status !== 'active'
    this.#context = snapshot.context
    if (!handled && to === from && !over) return undefined
    const at = Date.now()
    const ending = this.#ending === undefined ? this.#shown(endingOf(this.identity.machine, to, snapshot)) : undefined
    const via = entered.slice(0, -1)
    // A state that was left and entered again counts as a visit.
    const again = to === from && entered.length === 1
    const way = { from, to, ...(via.length > 0 || again ? { via } : {}) }
    const step: Step = {
      key: this.identity.key,
      n: ++this.#steps,
      at,
      ...way,
      event: event.type,
      ...(isBetween(way, arrows) ? {} : { arrows }),
      ...withPayload(payloadOf(event, this.#secrets)),
      ...endOf(ending),
      ...(over ? { over } : {}),
    }
    this.#log.push(step)
    this.#ending ??= ending
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
      ...(this.#labels === undefined ? {} : { labels: this.#labels }),
      ...(this.#task === undefined ? {} : { hasTask: true }),
      ...(this.#members.length === 0 ? {} : { members: this.#members }),
      ...(this.#controllable ? { controllable: true } : {}),
      initial: this.#initial,
      state: this.#state,
      created: this.#created,
      changed: this.#path.at(-1)?.[0] ?? this.#created,
      steps: this.#steps,
      ...endOf(this.#ending),
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
      ...(this.#task === undefined ? {} : { task: showable(this.#task, this.#secrets) as TaskFacts }),
      ...(this.#output === undefined ? {} : { output: this.#output.shown }),
    }
  }

  /** Its message masked, and with the last line of standard error. */
  #shown(ending: Ending | undefined): Ending | undefined {
    if (ending === undefined || ending.status === 'success') return ending
    const { reason } = ending
    return {
      ...ending,
      ...(reason && { reason: { ...reason, message: String(showable(reason.message, this.#secrets)) } }),
      errorLine: this.#output?.errorLine,
    }
  }

  #end(): void {
    this.#over = true
    this.stopSampling()
    this.#output?.close()
    // It keeps the task in memory, with its input.
    this.#inspectable = undefined
  }
}

const withPayload = (payload: unknown) => (payload === undefined ? {} : { payload })

const isBetween = (way: Pick<Step, 'from' | 'to' | 'via'>, arrows: readonly string[]) =>
  String(hops(way).map(([from, to]) => arrowKey(from, to))) === String(arrows)

function endOf(ending: Ending | undefined): Pick<Step, 'status' | 'reason' | 'exitCode' | 'errorLine'> {
  if (ending === undefined) return {}
  const { status, reason, exitCode, errorLine } = ending
  return {
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(errorLine === undefined ? {} : { errorLine }),
  }
}

const memoryOf = (metrics: Stat['metrics']) => metrics.mem_working_set ?? metrics.mem_usage
