import type { AnyActorRef, AnyStateMachine, InspectionEvent } from 'xstate'
import { inspectableOf } from '../../utils/actors/inspectable.ts'
import type { ActorInfo, MachineInfo, Sample, Step, Totals } from '../protocol.ts'
import { machineInfo, stateName } from './graph.ts'
import type { SeenSnapshot } from './status.ts'
import { Tally } from './totals.ts'
import { type Seen, TrackedActor } from './tracked-actor.ts'

/** Is called with each change. */
export interface RegistryListener {
  machine(key: string, info: MachineInfo): void
  /** A new actor, as it was before its first step. */
  actor(info: ActorInfo): void
  step(step: Step): void
  sample(sample: Sample): void
  gone(key: number): void
}

/** How much is kept. */
export interface RegistryLimits {
  /** Actors. Beyond it, those that have ended are dropped, the oldest first. Living ones are always kept. */
  readonly maxActors: number
  /** Steps of each actor. */
  readonly maxSteps: number
  /** Points of samples of each actor. */
  readonly maxStats: number
  /** The output of runs is kept. */
  readonly output?: boolean
  /** Tasks may be run again: what that needs is kept beyond the end of a run. */
  readonly control?: boolean
  /**
   * Bytes of output of ended actors. The oldest lose theirs first.
   *
   * @default 64 MiB
   */
  readonly maxOutput?: number
}

const defaultMaxOutput = 64 * 1024 * 1024

/** Keeps every actor that has a machine, with its states and its steps, from XState's inspection events. */
export class Registry {
  readonly #limits: RegistryLimits
  readonly #listener: RegistryListener
  readonly #machines = new Map<object, string>()
  readonly #infos: Record<string, MachineInfo> = {}
  readonly #actors = new Map<number, TrackedActor>()
  readonly #ofRef = new WeakMap<object, TrackedActor>()
  readonly #tally = new Tally()
  /** Actors that have ended, in the order of their ends. */
  readonly #ended = new Set<number>()
  /** Ended actors with output, in the order of their ends, and the bytes that they keep. */
  readonly #outputs = new Set<TrackedActor>()
  #outputSize = 0
  #lastKey = 0
  #sampling = false

  constructor(limits: RegistryLimits, listener: RegistryListener) {
    this.#limits = limits
    this.#listener = listener
  }

  /** Takes an event of an actor's system. */
  observe(event: InspectionEvent): void {
    switch (event.type) {
      // `@xstate.actor` comes before an actor has a state, so an actor is known from its first snapshot on.
      case '@xstate.microstep':
        this.#ofRef.get(event.actorRef)?.microstep(event)
        break
      case '@xstate.snapshot':
        this.#step(event.actorRef as AnyActorRef, event as Seen)
        break
    }
  }

  get machines(): Readonly<Record<string, MachineInfo>> {
    return { ...this.#infos }
  }
  get actors(): ActorInfo[] {
    return [...this.#actors.values()].map(({ info }) => info)
  }
  /** The latest first. */
  get latest(): readonly TrackedActor[] {
    return [...this.#actors.values()].reverse()
  }
  get totals(): Totals {
    return this.#tally.totals
  }

  get(key: number): TrackedActor | undefined {
    return this.#actors.get(key)
  }

  /**
   * Samples all living actors from now on, or stops that. Sampling costs the engine, so it runs only while there is an
   * audience.
   */
  set sampling(wanted: boolean) {
    if (this.#sampling === wanted) return
    this.#sampling = wanted
    for (const actor of this.#actors.values()) this.#sample(actor)
  }

  #sample(actor: TrackedActor): void {
    if (this.#sampling) actor.sample(sample => this.#listener.sample(sample))
    else actor.stopSampling()
  }

  #add(ref: AnyActorRef, machine: AnyStateMachine, { snapshot }: Seen): TrackedActor {
    const inspectable = inspectableOf(ref)
    const parent = this.#ownerOf(ref) ?? inspectable?.owner
    const identity = {
      key: ++this.#lastKey,
      id: ref.id,
      machine: this.#machineKey(machine),
      parent: parent === undefined ? undefined : this.#ofRef.get(parent)?.identity.key,
    }
    const initial = stateName(machine, snapshot.value)
    const actor = new TrackedActor(identity, ref, machine, initial, this.#limits)
    this.#ofRef.set(ref, actor)
    this.#actors.set(identity.key, actor)
    this.#tally.seen()
    this.#tally.entered(identity.machine, initial)
    if (inspectable !== undefined) actor.describe(inspectable, this.#known(inspectable.members), this.#limits)
    if (this.#sampling) this.#sample(actor)
    this.#drop()
    this.#listener.actor(actor.info)
    return actor
  }

  #step(ref: AnyActorRef, seen: Seen): void {
    const known = this.#ofRef.get(ref)
    const definition = known === undefined ? machineOf(ref) : undefined
    const actor = known ?? (definition === undefined ? undefined : this.#add(ref, definition, seen))
    if (actor === undefined) return
    if (actor.over) return
    const { machine, key } = actor.identity
    const before = actor.state
    const wasDecided = actor.status !== undefined
    const step = actor.step(seen)
    if (step === undefined) return
    if (before !== actor.state || actor.over) {
      this.#tally.left(machine, before)
      if (!actor.over) this.#tally.entered(machine, actor.state)
    }
    if (!wasDecided && actor.status !== undefined) this.#tally.ended(machine, actor.status)
    this.#listener.step(step)
    if (!actor.over) return
    this.#ended.add(key)
    this.#keepOutput(actor)
    this.#drop()
  }

  /** The actor that has made another one. A machine's children are started, and told of, before itself: it is added first. */
  #ownerOf(ref: AnyActorRef): AnyActorRef | undefined {
    const parent = (ref as { _parent?: AnyActorRef })._parent
    const machine = parent === undefined ? undefined : machineOf(parent)
    if (parent !== undefined && machine !== undefined && !this.#ofRef.has(parent))
      this.#add(parent, machine, { event: { type: 'xstate.init' }, snapshot: parent.getSnapshot() as SeenSnapshot })
    return parent
  }

  #known(refs: readonly object[] = []): readonly TrackedActor[] {
    return refs.map(ref => this.#ofRef.get(ref)).filter(actor => actor !== undefined)
  }

  #keepOutput(ended: TrackedActor): void {
    if (ended.output === undefined) return
    this.#outputs.add(ended)
    this.#outputSize += ended.output.size
    const { maxOutput = defaultMaxOutput } = this.#limits
    for (const oldest of this.#outputs) {
      if (this.#outputSize <= maxOutput) return
      this.#forgetOutput(oldest)
      oldest.output?.clear()
    }
  }

  #forgetOutput(actor: TrackedActor): void {
    if (this.#outputs.delete(actor)) this.#outputSize -= actor.output?.size ?? 0
  }

  #drop(): void {
    for (const key of this.#ended) {
      if (this.#actors.size <= this.#limits.maxActors) return
      this.#ended.delete(key)
      const dropped = this.#actors.get(key)
      if (dropped !== undefined) this.#forgetOutput(dropped)
      this.#actors.delete(key)
      this.#listener.gone(key)
    }
  }

  #machineKey(machine: AnyStateMachine): string {
    const known = this.#machines.get(machine.config)
    if (known !== undefined) return known
    const info = machineInfo(machine)
    let key = info.name
    for (let n = 2; key in this.#infos; n++) key = `${info.name}#${n}`
    this.#machines.set(machine.config, key)
    this.#infos[key] = info
    this.#listener.machine(key, info)
    return key
  }
}

/** The machine of an actor; undefined for promises and callbacks. */
function machineOf(ref: AnyActorRef): AnyStateMachine | undefined {
  const { logic } = ref as { logic?: { root?: unknown } }
  return logic?.root === undefined ? undefined : (logic as AnyStateMachine)
}
