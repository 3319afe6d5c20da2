import type { Owner } from '../executor/queue/admission-queue.ts'
import type { Evictable } from '../executor/queue/evictor.ts'
import type { Admission } from '../executor/queue/scheduler.ts'
import type { Call } from './call/call.ts'
import type { Slot, SlotState } from './slot/slot.ts'

/** A function's containers, those being started, and the call that each serves. */
export class ContainerPool implements Owner {
  /** How many containers the function may have at once. */
  readonly max: number
  readonly #slots = new Set<Slot>()
  readonly #pending: Admission[] = []
  readonly #calls = new Map<Slot, Call>()
  /** Containers without a call; the one that served last is at the end. */
  readonly #idle: Slot[] = []
  /** Containers that have served a call in this turn of the event loop, and take another one without being idle in between. */
  readonly #kept: Slot[] = []
  readonly #evictables = new Map<Slot, MutableEvictable>()

  constructor(max: number) {
    this.max = max
  }

  get slots(): ReadonlySet<Slot> {
    return this.#slots
  }
  /** Calls that a container serves. */
  get calls(): readonly Call[] {
    return [...this.#calls.values()]
  }
  /** How many containers wait for admission or are being made. */
  get pending(): number {
    return this.#pending.length
  }
  /** How many containers will become idle for the first time. */
  get starting(): number {
    let starting = this.#pending.length
    for (const { state } of this.#slots) if (state === 'launching' || state === 'listening') starting += 1
    return starting
  }
  /** How many containers listen. */
  get listening(): number {
    let listening = 0
    for (const { state } of this.#slots) if (listens.has(state)) listening += 1
    return listening
  }
  /** How many containers serve calls, or will. */
  get size(): number {
    let serving = 0
    for (const { state } of this.#slots) if (state !== 'draining' && state !== 'gone') serving += 1
    return serving
  }
  get hasRoom(): boolean {
    return this.#slots.size + this.#pending.length < this.max
  }

  addPending(admission: Admission): void {
    this.#pending.push(admission)
  }

  /** Returns false when none can be cancelled. */
  cancelOnePending(): boolean {
    return this.#pending.findLast(admission => admission.withdraw()) !== undefined
  }

  removePending(admission: Admission): void {
    const index = this.#pending.indexOf(admission)
    if (index !== -1) this.#pending.splice(index, 1)
  }

  add(admission: Admission, slot: Slot): void {
    this.removePending(admission)
    this.#slots.add(slot)
  }

  /** The idle container that served last. */
  mostRecentlyIdle(): Slot | undefined {
    return this.#idle.at(-1)
  }

  /** Keeps a container that has served a call, for the next one of this turn. */
  keep(slot: Slot): void {
    this.#kept.push(slot)
  }

  /** Takes the container that was kept last. */
  takeKept(): Slot | undefined {
    return this.#kept.pop()
  }

  /** Gives a call to a container that is not idle. */
  reassign(slot: Slot, call: Call): void {
    this.#calls.set(slot, call)
  }

  assign(slot: Slot, call: Call): Evictable {
    const evictable = this.removeIdle(slot)
    this.#calls.set(slot, call)
    return evictable
  }

  callOf(slot: Slot): Call | undefined {
    return this.#calls.get(slot)
  }

  /** Removes and returns the call of a container. */
  unassign(slot: Slot): Call | undefined {
    const call = this.#calls.get(slot)
    this.#calls.delete(slot)
    return call
  }

  addIdle(slot: Slot): Evictable {
    this.#idle.push(slot)
    const evictable = this.evictableOf(slot)
    evictable.lastUsed = performance.now()
    return evictable
  }

  removeIdle(slot: Slot): Evictable {
    const index = this.#idle.indexOf(slot)
    if (index !== -1) this.#idle.splice(index, 1)
    return this.evictableOf(slot)
  }

  remove(slot: Slot): void {
    this.#slots.delete(slot)
    this.#evictables.delete(slot)
  }

  /** A container as the executor evicts it. It is always the same object. */
  evictableOf(slot: Slot): MutableEvictable {
    const known = this.#evictables.get(slot)
    if (known !== undefined) return known
    const made = {
      owner: this,
      demand: slot.demand,
      lastUsed: 0,
      evict: () => {
        if (!slot.actor.getSnapshot().can({ type: 'evict' })) return false
        slot.actor.send({ type: 'evict' })
        return true
      },
    }
    this.#evictables.set(slot, made)
    return made
  }
}

const listens: ReadonlySet<SlotState> = new Set(['idle', 'freezing', 'frozen', 'unfreezing', 'busy'])

interface MutableEvictable extends Evictable {
  lastUsed: number
}
