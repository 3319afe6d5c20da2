import type { ActorInfo, Delta, MachineInfo, Message, Step, Totals, Visit } from '../../protocol.ts'

/** An actor as the page knows it: as it is told, kept up to date by its steps. */
export interface Row
  extends Omit<ActorInfo, 'path' | 'state' | 'changed' | 'steps' | 'status' | 'exitCode' | 'over' | 'cpu' | 'mem'> {
  state: string
  changed: number
  steps: number
  status: string | undefined
  exitCode: number | undefined
  over: boolean
  cpu: number | undefined
  mem: number | undefined
  path: Visit[]
}

/** How many of its latest states are kept of each actor for the timeline. */
const pathLength = 200
/** Over how long the ends per second are counted, in ms. */
const rateWindow = 5_000

const noTotals: Totals = { seen: 0, ended: 0, states: {}, statuses: {} }

/** How many have ended: cookies where that is told apart, since images and namespaces come to their end beside each. */
const endedOf = ({ ended, endings }: Totals): number =>
  endings?.cookie === undefined ? ended : Object.values(endings.cookie).reduce((sum, count) => sum + count, 0)

/** All that the messages so far have told. Pure: the same for a live inspector and for a recording. */
export class Model {
  machines: Record<string, MachineInfo> = {}
  readonly actors = new Map<number, Row>()
  totals: Totals = noTotals
  /** The time of the latest message, Unix ms. */
  now = 0
  /** The time of the earliest actor that is known, Unix ms. */
  began = Infinity
  #seq = 0
  #ends: { at: number; ended: number }[] = []
  readonly #onStep: (step: Step) => void

  /** `onStep` hears of each step that is new. */
  constructor(onStep: (step: Step) => void = () => {}) {
    this.#onStep = onStep
  }

  /** Takes a message in; false when one before it is missing, so that all must be asked for anew. */
  apply(message: Message): boolean {
    switch (message.type) {
      case 'snapshot':
        this.#seq = message.seq
        this.machines = { ...message.machines }
        this.actors.clear()
        for (const actor of message.actors) this.#add(actor)
        this.#told(message.totals, message.now)
        return true
      case 'delta':
        if (message.seq !== this.#seq + 1) return false
        this.#seq = message.seq
        this.#change(message)
        return true
      default:
        return true
    }
  }

  /** As it is now, whatever is told from now on. */
  copy(): Model {
    const copy = new Model()
    copy.machines = this.machines
    for (const [key, row] of this.actors) copy.actors.set(key, { ...row, path: [...row.path] })
    copy.totals = this.totals
    copy.now = this.now
    copy.began = this.began
    copy.#seq = this.#seq
    copy.#ends = [...this.#ends]
    return copy
  }

  /** Takes a change in that does not follow on what is known: what it tells of is so, but something before it is missing. */
  applyAfterGap(delta: Delta): void {
    this.#seq = delta.seq
    this.#change(delta)
  }

  /** How many ended per second of late, which falls to 0 while nothing is told. */
  rate(now: number): number {
    const since = now - rateWindow
    // What was told last before the window is what it began with.
    const base = this.#ends.findLast(({ at }) => at <= since) ?? this.#ends[0]
    const last = this.#ends.at(-1)
    if (base === undefined || last === undefined) return 0
    const window = Math.min(rateWindow, Math.max(1_000, now - base.at))
    return ((last.ended - base.ended) * 1_000) / window
  }

  #change({ machines, actors = [], steps = [], samples = [], gone = [], totals, now }: Delta): void {
    if (machines !== undefined) this.machines = { ...this.machines, ...machines }
    for (const actor of actors) this.#add(actor)
    for (const step of steps) this.#step(step)
    for (const [key, , cpu, mem] of samples) {
      const row = this.actors.get(key)
      if (row === undefined) continue
      row.cpu = cpu ?? undefined
      row.mem = mem ?? undefined
    }
    for (const key of gone) this.actors.delete(key)
    this.#told(totals, now)
  }

  #add(actor: ActorInfo): void {
    const { status, exitCode, over = false, cpu, mem, path } = actor
    this.actors.set(actor.key, { ...actor, status, exitCode, over, cpu, mem, path: [...path] })
    if (actor.created < this.began) this.began = actor.created
  }

  #step(step: Step): void {
    const row = this.actors.get(step.key)
    // A new actor is told as it was before its steps, but a batch may cut between the two: what is old is known already.
    if (row === undefined || step.n <= row.steps) return
    row.steps = step.n
    if (step.to !== row.state) {
      row.state = step.to
      row.changed = step.at
      row.path.push([step.at, step.to])
      if (row.path.length > pathLength) row.path.shift()
    }
    row.status ??= step.status
    row.exitCode ??= step.exitCode
    if (step.over) row.over = true
    this.#onStep(step)
  }

  #told(totals: Totals, now: number): void {
    this.totals = totals
    this.now = now
    this.#ends.push({ at: now, ended: endedOf(totals) })
    while ((this.#ends[1]?.at ?? now) < now - rateWindow) this.#ends.shift()
  }
}
