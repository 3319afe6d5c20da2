import { randomUUID } from 'node:crypto'
import type { InspectionEvent } from 'xstate'
import type { ActorInfo, Delta, Hello, MachineInfo, Message, Sample, Snapshot, Step } from '../protocol.ts'
import { protocolVersion } from '../protocol.ts'
import { Registry, type RegistryLimits } from './registry.ts'
import type { TrackedActor } from './tracked-actor.ts'

/** How long changes are gathered before they are sent, in ms. */
const batchTime = 80
/** With so many changes a batch is sent at once, to bound the memory. */
const batchSize = 5_000

/** A receiver of the messages: a page or a recording. */
export interface Audience {
  /** Sends a message, as JSON in UTF-8. Several audiences share its bytes. */
  send(json: Uint8Array): void
  /** Returns false when too much waits in it to send so many bytes more. */
  hasRoomFor(bytes: number): boolean
  /** Calls back once, when it has caught up. */
  whenCaughtUp(callback: () => void): void
}

export interface HubOptions extends RegistryLimits {
  readonly mode: Hello['mode']
  readonly control: boolean
}

/**
 * Sends audiences a snapshot of everything that is kept, then the changes in batches. An audience that is behind gets
 * nothing until it has caught up, and then a new snapshot. So it neither slows the executor nor fills the memory.
 */
export class Hub {
  readonly #registry: Registry
  readonly #hello: Hello
  readonly #audiences = new Map<Audience, 'following' | 'behind'>()
  #seq = 0
  #machines: Record<string, MachineInfo> = {}
  #actors: ActorInfo[] = []
  #steps: Step[] = []
  readonly #samples = new Map<number, Sample>()
  #gone: number[] = []
  #timer: NodeJS.Timeout | undefined

  constructor({ mode, ...limits }: HubOptions) {
    const { maxSteps, control, output = false } = limits
    this.#hello = { type: 'hello', protocol: protocolVersion, instance: randomUUID(), mode, control, output, maxSteps }
    const note =
      <Change>(take: (change: Change) => void) =>
      (change: Change) => {
        if (this.#audiences.size === 0) return
        take(change)
        this.#schedule()
      }
    this.#registry = new Registry(limits, {
      machine: (key, info) => {
        if (this.#audiences.size > 0) this.#machines[key] = info
      },
      actor: note<ActorInfo>(actor => void this.#actors.push(actor)),
      step: note<Step>(step => void this.#steps.push(step)),
      sample: note<Sample>(sample => void this.#samples.set(sample[0], sample)),
      gone: note<number>(key => void this.#gone.push(key)),
    })
  }

  /** An XState inspector. */
  readonly inspect = (event: InspectionEvent): void => this.#registry.observe(event)

  get(key: number): TrackedActor | undefined {
    return this.#registry.get(key)
  }

  /** The kept actors, the latest first. */
  get latest(): readonly TrackedActor[] {
    return this.#registry.latest
  }

  /** The number of audiences. */
  get size(): number {
    return this.#audiences.size
  }

  join(audience: Audience): void {
    this.#flush()
    this.#audiences.set(audience, 'following')
    this.#registry.sampling = true
    audience.send(bytesOf(this.#hello))
    audience.send(this.#snapshot())
  }

  leave(audience: Audience): void {
    this.#audiences.delete(audience)
    if (this.#audiences.size > 0) return
    this.#flush()
    this.#registry.sampling = false
  }

  /** Sends the gathered changes and the end, and drops all audiences. */
  close(): void {
    this.#flush()
    const end: Message = { type: 'end', now: Date.now() }
    for (const audience of this.#audiences.keys()) audience.send(bytesOf(end))
    this.#audiences.clear()
    this.#registry.sampling = false
  }

  #schedule(): void {
    if (this.#steps.length >= batchSize) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), batchTime).unref()
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const delta = this.#take()
    if (delta === undefined) return
    const json = bytesOf(delta)
    for (const [audience, pace] of this.#audiences) {
      if (pace === 'behind') continue
      if (audience.hasRoomFor(json.length)) audience.send(json)
      else this.#leaveBehind(audience)
    }
  }

  #take(): Delta | undefined {
    const [machines, actors, steps, samples, gone] = [
      this.#machines,
      this.#actors,
      this.#steps,
      [...this.#samples.values()],
      this.#gone,
    ]
    this.#machines = {}
    this.#actors = []
    this.#steps = []
    this.#samples.clear()
    this.#gone = []
    if (actors.length + steps.length + samples.length + gone.length === 0) return undefined
    return {
      type: 'delta',
      seq: ++this.#seq,
      now: Date.now(),
      ...(Object.keys(machines).length > 0 ? { machines } : {}),
      ...(actors.length > 0 ? { actors } : {}),
      ...(steps.length > 0 ? { steps } : {}),
      ...(samples.length > 0 ? { samples } : {}),
      ...(gone.length > 0 ? { gone } : {}),
      totals: this.#registry.totals,
    }
  }

  #leaveBehind(audience: Audience): void {
    this.#audiences.set(audience, 'behind')
    audience.whenCaughtUp(() => {
      if (!this.#audiences.has(audience)) return
      this.#flush()
      this.#audiences.set(audience, 'following')
      audience.send(this.#snapshot())
    })
  }

  #snapshot(): Uint8Array {
    const snapshot: Snapshot = {
      type: 'snapshot',
      seq: this.#seq,
      now: Date.now(),
      machines: this.#registry.machines,
      actors: this.#registry.actors,
      totals: this.#registry.totals,
    }
    return bytesOf(snapshot)
  }
}

const bytesOf = (message: Message): Uint8Array => Buffer.from(JSON.stringify(message))
