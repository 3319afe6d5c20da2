import type { ActorInfo, Delta, MachineInfo, Message, Reason, Step, Totals, Visit } from '../../protocol.ts'
import { endOf } from './lifetime.ts'
import { Trend } from './trends.ts'

/** An actor as the page knows it: as the inspector reported it, kept up to date by its steps. */
export interface Row
  extends Omit<
    ActorInfo,
    'path' | 'state' | 'changed' | 'steps' | 'status' | 'reason' | 'exitCode' | 'errorLine' | 'over' | 'cpu' | 'mem'
  > {
  state: string
  changed: number
  steps: number
  status: string | undefined
  reason: Reason | undefined
  exitCode: number | undefined
  errorLine: string | undefined
  over: boolean
  cpu: number | undefined
  mem: number | undefined
  path: Visit[]
}

/** How many of an actor's latest states are kept for the timeline. */
const pathLength = 200
/** The time over which the ends per second are counted, in ms. */
const rateWindow = 5_000

const noTotals: Totals = { seen: 0, ended: 0, states: {}, statuses: {} }

/** How many have ended. Only cookies count where the totals distinguish them: images and namespaces end beside each. */
const endedOf = ({ ended, endings }: Totals): number =>
  endings?.cookie === undefined ? ended : Object.values(endings.cookie).reduce((sum, count) => sum + count, 0)

/** Everything that the messages so far have reported. It is pure: the same for a live inspector and for a recording. */
export class Model {
  machines: Record<string, MachineInfo> = {}
  readonly actors = new Map<number, Row>()
  totals: Totals = noTotals
  /** The time of the latest message, Unix ms. */
  now = 0
  /** When the earliest known actor was created, Unix ms. */
  began = Infinity
  /** Grows with each change of the actors but their samples, which `samplings` counts. */
  version = 0
  samplings = 0
  readonly #trends = new Map<string, Trend>()
  #seq = 0
  #ends: { at: number; ended: number }[] = []
  readonly #onStep: (step: Step) => void

  readonly #adopts: boolean

  /**
   * `onStep` is called with each new step. `adopts`: messages are applied once, so their actors become the rows; copies of ten thousand take
   * longer than all else.
   */
  constructor(onStep: (step: Step) => void = () => {}, adopts = false) {
    this.#onStep = onStep
    this.#adopts = adopts
  }

  /** Applies a message. False when one before it is missing, so that a new snapshot is needed. */
  apply(message: Message): boolean {
    switch (message.type) {
      case 'snapshot':
        this.#seq = message.seq
        this.machines = { ...message.machines }
        this.actors.clear()
        this.#trends.clear()
        this.version += 1
        for (const actor of message.actors) this.#add(actor)
        this.#count(message.totals, message.now)
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

  /** A copy, which later messages do not change. */
  copy(): Model {
    const copy = new Model()
    copy.machines = this.machines
    for (const [key, row] of this.actors) copy.actors.set(key, { ...row, path: [...row.path] })
    copy.totals = this.totals
    copy.now = this.now
    copy.began = this.began
    copy.#seq = this.#seq
    copy.#ends = [...this.#ends]
    for (const [machine, trend] of this.#trends) copy.#trends.set(machine, trend.copy())
    return copy
  }

  /** Applies a change although messages before it are missing. */
  applyAfterGap(delta: Delta): void {
    this.#seq = delta.seq
    this.#change(delta)
  }

  /** The durations and ends of a machine's actors; undefined before the first of them. */
  trendOf(machine: string): Trend | undefined {
    return this.#trends.get(machine)
  }

  /** How many ended per second in the last seconds. It falls to 0 while no message arrives. */
  rate(now: number): number {
    const since = now - rateWindow
    // The window begins with the last count before it.
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
    if (actors.length + steps.length + gone.length > 0) this.version += 1
    this.samplings += 1
    for (const [key, , cpu, mem] of samples) {
      const row = this.actors.get(key)
      if (row === undefined) continue
      row.cpu = cpu ?? undefined
      row.mem = mem ?? undefined
    }
    for (const key of gone) this.actors.delete(key)
    this.#count(totals, now)
  }

  #add(actor: ActorInfo): void {
    const { path, status } = actor
    const row = (this.#adopts ? actor : { ...actor, path: [...path] }) as Row
    row.over ??= false
    this.actors.set(actor.key, row)
    if (actor.created < this.began) this.began = actor.created
    for (let index = 1; index < path.length; index++) {
      const [[since, state] = [0, ''], [until] = [0]] = [path[index - 1], path[index]]
      this.#openTrend(row).stayed(state, until - since)
    }
    if (status !== undefined) this.#openTrend(row).ended(endOf(row) ?? row.changed, status)
  }

  #step(step: Step): void {
    const row = this.actors.get(step.key)
    // A new actor is reported as it was before its steps, but a batch may end between the two: older steps are known
    // already.
    if (row === undefined || step.n <= row.steps) return
    row.steps = step.n
    if (step.status !== undefined && row.status === undefined) this.#openTrend(row).ended(step.at, step.status)
    if (step.to !== row.state) {
      this.#openTrend(row).stayed(row.state, step.at - row.changed)
      row.state = step.to
      row.changed = step.at
      row.path.push([step.at, step.to])
      if (row.path.length > pathLength) row.path.shift()
    }
    row.status ??= step.status
    row.reason ??= step.reason
    row.exitCode ??= step.exitCode
    row.errorLine ??= step.errorLine
    if (step.over) row.over = true
    this.#onStep(step)
  }

  #openTrend({ machine }: Row): Trend {
    const known = this.#trends.get(machine)
    if (known !== undefined) return known
    const trend = new Trend()
    this.#trends.set(machine, trend)
    return trend
  }

  #count(totals: Totals, now: number): void {
    this.totals = totals
    this.now = now
    this.#ends.push({ at: now, ended: endedOf(totals) })
    while ((this.#ends[1]?.at ?? now) < now - rateWindow) this.#ends.shift()
  }
}
