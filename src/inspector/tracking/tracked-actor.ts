import type { Subscription } from 'rxjs'
import type { AnyActorRef, AnyStateMachine, InspectionEvent } from 'xstate'
import { StatAccumulator } from '../../stats/decimate-sink.ts'
import type { Stat } from '../../stats/stat.ts'
import type { Inspectable, TaskFacts } from '../../utils/actors/inspectable.ts'
import { type ActorDetails, type ActorInfo, arrowKey, hops, type Sample, type Step, type Visit } from '../protocol.ts'
import type { Searched } from '../search/search.ts'
import { changesBetween } from './changes.ts'
import { Description } from './description.ts'
import { arrowKeysOf, stateName } from './graph.ts'
import { payloadOf, showable } from './payload.ts'
import { requestsOf } from './requests.ts'
import { type Ending, endingOf, endingOfMember, type SeenSnapshot } from './status.ts'
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
  /** Undefined at its end. */
  #ref: AnyActorRef | undefined
  /** The actor that it is a member of. */
  #head: TrackedActor | undefined
  readonly #created = Date.now()
  readonly #initial: string
  #inspectable: Inspectable | undefined
  #description: Description | undefined
  /** What only the engine knows of the task of an actor at its end. */
  #engineFacts: TaskFacts | undefined
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
    ref: AnyActorRef,
    machine: AnyStateMachine,
    initial: string,
    limits: { readonly maxSteps: number; readonly maxStats: number },
  ) {
    this.identity = identity
    this.#ref = ref
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

  /** Runs its task again, and returns the id of the new run. Undefined where it cannot, or may not. */
  get again(): (() => string) | undefined {
    return this.#description?.again
  }

  /** The kept output; undefined where none is watched. */
  get output(): TrackedOutput | undefined {
    return this.#output
  }

  /**
   * Adds what is known of it besides its machine. It is kept until the actor's end. `members` are its members. `output`: its output is
   * watched. `control`: it may be run again, also after its end.
   */
  describe(
    inspectable: Inspectable,
    members: readonly TrackedActor[],
    { output = false, control = false }: { readonly output?: boolean; readonly control?: boolean },
  ): void {
    this.#inspectable = inspectable
    const keys = members.map(({ identity }) => identity.key)
    this.#description = new Description(inspectable, keys, control)
    for (const member of members) member.#head = this
    if (output && inspectable.watchOutput !== undefined) this.#output = new TrackedOutput(inspectable)
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

  /** As it is now, which may be ahead of what it has told. */
  get snapshot(): SeenSnapshot | undefined {
    return this.#ref?.getSnapshot() as SeenSnapshot | undefined
  }

  /** Sends it an event. Returns why not, where that is refused. */
  send(event: { readonly type: string }): string | undefined {
    if (this.#ref === undefined) return 'it is at its end'
    if (!requestsOf(this.#machine).includes(event.type)) return `its machine takes no event ${event.type} from a page`
    this.#ref.send(event)
    return undefined
  }

  /** What the actor did with an event; undefined for an event of XState itself that it ignored. */
  step({ event, snapshot }: Seen): Step | undefined {
    const [entered, arrows, handled] = [this.#entered, this.#arrows, this.#handled]
    this.#entered = []
    this.#arrows = []
    this.#handled = false
    const from = this.#state
    const to = snapshot.value === undefined ? from : stateName(this.#machine, snapshot.value)
    const over = snapshot.status !== 'active'
    const before = this.#context
    this.#context = snapshot.context
    const ignored = !handled && to === from && !over
    if (ignored && event.type.startsWith('xstate.')) return undefined
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
      ...(ignored ? { ignored } : withChanges(changesBetween(before, snapshot.context, this.#secrets))),
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
      ...this.#description?.info,
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
    const { task: set } = this.#description ?? {}
    const task = set && { ...(this.#engineFacts ?? engineFactsOf(this.#inspectable)), ...set }
    return {
      key: this.identity.key,
      before: this.#log.before,
      log: this.#log.steps,
      stats: this.#stats?.points() ?? [],
      context: showable(this.#context, this.#secrets),
      ...(task === undefined ? {} : { task: showable(task, this.#secrets) as TaskFacts }),
      ...(this.#output === undefined ? {} : { output: this.#output.shown }),
    }
  }

  get searched(): Searched {
    const { key, id, machine } = this.identity
    const context = () => showable(this.#context, this.#secrets)
    return { key, id, machine, created: this.#created, log: this.#log.steps, context }
  }

  get #secrets(): readonly string[] {
    return this.#description?.secrets ?? []
  }

  /** Its message masked, and with the last line of standard error. */
  #shown(own: Ending | undefined): Ending | undefined {
    if (own === undefined || own.status === 'success') return own
    const ending = this.#head === undefined ? own : endingOfMember(own, this.#head.snapshot)
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
    this.#engineFacts = engineFactsOf(this.#inspectable)
    // They keep the task in memory, with its input.
    this.#inspectable = undefined
    this.#ref = undefined
    this.#head = undefined
  }
}

const engineFactsOf = (inspectable: Inspectable | undefined): TaskFacts => ({
  containerId: inspectable?.containerId?.(),
  imageDigest: inspectable?.imageDigest?.(),
})

const withPayload = (payload: unknown) => (payload === undefined ? {} : { payload })
const withChanges = (changes: Step['changes']) => (changes === undefined ? {} : { changes })

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
