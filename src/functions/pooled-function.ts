import { setImmediate as nextTurn } from 'node:timers/promises'
import { Subject } from 'rxjs'
import { CookietinError, notCleaned } from '../errors.ts'
import type { Evictable } from '../executor/queue/evictor.ts'
import type { Admission } from '../executor/queue/scheduler.ts'
import { type Call, type CallListener, reportCall } from './call/call.ts'
import { openCall } from './call/open-call.ts'
import type { CallRecord } from './call/record.ts'
import { ContainerPool } from './container-pool.ts'
import type { HotFunction, OpenFunction } from './function.ts'
import type { FunctionHost } from './host.ts'
import { type InvokeRequest, type ResolvedRequest, resolveRequest } from './http/request.ts'
import { demandOf, launchSlot } from './launch.ts'
import { LaunchBackoff } from './launch-backoff.ts'
import { closedError, Prewarming } from './prewarming.ts'
import type { Slot, SlotState } from './slot/slot.ts'
import { FunctionSpares } from './spares.ts'
import type { ResolvedSpec } from './spec.ts'

/** A {@link HotFunction} of this machine: assigns calls to a pool of containers. */
export class PooledFunction implements OpenFunction {
  readonly #host: FunctionHost
  readonly #spec: ResolvedSpec
  readonly #pool: ContainerPool
  /** Calls without a container, oldest first. */
  readonly #waiting: Call[] = []
  readonly #prewarming = new Prewarming()
  readonly #backoff = new LaunchBackoff(() => this.#dispatch())
  readonly #spares: FunctionSpares | undefined
  readonly #changes = new Changes()
  readonly #uncleaned: unknown[] = []
  readonly #onClosed: () => void
  readonly calls$ = new Subject<CallRecord>()
  readonly #listener: CallListener = {
    onLeft: call => this.#onCallerLeft(call),
    onOver: call => reportCall(call, this.#spec.task.image, this.calls$),
  }
  /** Set while containers are kept. */
  #resting: NodeJS.Immediate | undefined
  #isClosed = false
  #closing: Promise<void> | undefined

  constructor(host: FunctionHost, spec: ResolvedSpec, onClosed: () => void) {
    this.#onClosed = onClosed
    this.#host = host
    this.#spec = spec
    const demand = demandOf(host.resolve(spec.task), host.total)
    this.#pool = new ContainerPool(Math.min(spec.maxContainers, host.capacity(demand)))
    if (spec.spares > 0) this.#spares = new FunctionSpares(host, spec)
    if (spec.minContainers > 0) this.#dispatch()
  }

  get name(): string {
    return this.#spec.name
  }

  get slots(): HotFunction['slots'] {
    const counts: Partial<Record<SlotState, number>> = {}
    for (const { state } of this.#pool.slots) counts[state] = (counts[state] ?? 0) + 1
    return counts
  }

  get size(): number {
    return this.#pool.slots.size
  }

  async invoke(request: InvokeRequest = {}): Promise<Response> {
    return this.call(resolveRequest(request, this.#spec.timeout)).response
  }

  call(request: ResolvedRequest, id?: string): Call {
    const call = openCall(this.#host, this.#spec, request, { listener: this.#listener, id, isClosed: this.#isClosed })
    // It waits for the next start of a function that could not be started before.
    if (this.#backoff.lastError !== undefined) call.noteLaunchFailure(this.#backoff.lastError)
    if (!call.isOver) {
      this.#waiting.push(call)
      this.#dispatch()
    }
    return call
  }

  async prewarm(count: number): Promise<void> {
    if (this.#isClosed) throw closedError()
    const ready = this.#prewarming.wait(count, this.#pool.max)
    this.#prewarming.report(this.#pool.listening)
    this.#dispatch()
    await ready
  }

  close(options?: { readonly force?: boolean | undefined }): Promise<void> {
    const force = options?.force ?? false
    this.#isClosed = true
    this.#closing ??= this.#close()
    if (force) {
      for (const call of this.#waiting.splice(0)) call.fail(closedError())
      for (const call of this.#pool.calls) call.fail(closedError())
      this.#changes.notify()
    }
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    while (this.#prewarming.fail(closedError()));
    while (this.#waiting.length > 0 || this.#pool.calls.length > 0) await this.#changes.next()
    this.#backoff.stop()
    this.#cancelSpare()
    for (const slot of this.#pool.slots) slot.actor.send({ type: 'close' })
    while (this.#pool.slots.size > 0 || this.#pool.pending > 0) await this.#changes.next()
    await this.#spares?.close().catch(error => this.#uncleaned.push(error))
    await nextTurn()
    this.calls$.complete()
    this.#onClosed()
    if (this.#uncleaned.length > 0) throw notCleaned(this.#uncleaned)
  }

  /** Assigns idle containers to waiting calls, and starts the containers that are missing. */
  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const kept = this.#pool.takeKept()
      if (kept !== undefined) {
        this.#continue(kept)
        continue
      }
      const slot = this.#pool.mostRecentlyIdle()
      if (slot === undefined) break
      this.#assign(slot)
    }
    while (this.#pool.starting < this.#wanted && this.#pool.hasRoom && !this.#backoff.isPaused) this.#launch()
    this.#cancelSpare()
  }

  /** How many starting containers calls and prewarming wait for. */
  get #wanted(): number {
    const missing =
      Math.max(this.#prewarming.goal, this.#isClosed ? 0 : this.#spec.minContainers) - this.#pool.listening
    return Math.max(this.#waiting.length, missing)
  }

  #assign(slot: Slot): void {
    const call = this.#waiting.shift()
    if (call === undefined) return
    this.#host.withdraw(this.#pool.assign(slot, call))
    slot.actor.send({ type: 'call' })
  }

  /**
   * A container has served a call. The next call of this turn of the event loop goes to it at once: to be idle in between would cost more
   * than the call. Whoever waits for its place gets it first.
   */
  #onServed(slot: Slot): void {
    this.#pool.unassign(slot)?.finish()
    slot.direct(undefined, undefined)
    if (this.#isClosed || !slot.isKept || this.#host.mustYield(this.#pool)) {
      slot.rest()
      return
    }
    this.#pool.keep(slot)
    this.#resting ??= setImmediate(() => this.#restKept())
    if (this.#waiting.length > 0) queueMicrotask(() => this.#dispatch())
  }

  #restKept(): void {
    this.#resting = undefined
    for (let slot = this.#pool.takeKept(); slot !== undefined; slot = this.#pool.takeKept()) slot.rest()
  }

  /** Gives the next call to a container that was kept. */
  #continue(slot: Slot): void {
    const call = slot.isKept ? this.#waiting.shift() : undefined
    if (call === undefined) {
      slot.rest()
      return
    }
    this.#pool.reassign(slot, call)
    this.#onBusy(slot)
  }

  #launch(): void {
    // The containers that the function is to keep do not expire.
    const isKept = this.#pool.slots.size + this.#pool.pending < this.#spec.minContainers
    const spec = isKept ? { ...this.#spec, idleTimeout: Infinity } : this.#spec
    const events = {
      onServed: (slot: Slot) => this.#onServed(slot),
      onChange: (slot: Slot, state: SlotState, from: SlotState) => this.#follow(slot, state, from),
    }
    const launch = launchSlot(this.#host, spec, this.#pool, events, this.#spares)
    if (launch instanceof CookietinError) {
      this.#onLaunchFailed(launch)
      return
    }
    const { admission, slot } = launch
    this.#pool.addPending(admission)
    const onError = (error: CookietinError | undefined) => {
      this.#pool.removePending(admission)
      if (error !== undefined) this.#onLaunchFailed(error)
    }
    slot.then(slot => this.#onLaunched(admission, slot), onError).finally(() => this.#changes.notify())
  }

  #onLaunched(admission: Admission, slot: Slot): void {
    this.#pool.add(admission, slot)
    slot.start()
    // The function was closed while the container was being made.
    if (this.#isClosed && this.#waiting.length === 0) slot.actor.send({ type: 'close' })
  }

  /** Cancels starting containers that no call waits for. */
  #cancelSpare(): void {
    while (this.#pool.starting > this.#wanted && this.#pool.cancelOnePending());
  }

  #follow(slot: Slot, state: SlotState, from: SlotState): void {
    if (state === 'busy') this.#onBusy(slot)
    else if (state === 'idle') this.#onIdle(slot, from)
    else if (state === 'frozen') this.#offer(this.#pool.evictableOf(slot))
    else if (state === 'draining') this.#onDraining(slot, from)
    else if (state === 'gone') this.#onGone(slot)
    this.#prewarming.report(this.#pool.listening)
    this.#changes.notify()
  }

  #onBusy(slot: Slot): void {
    // The caller gave up while the container was thawed, or the call cannot be sent. The container serves on.
    if (this.#pool.callOf(slot)?.send(slot) !== true) slot.rest()
  }

  #onIdle(slot: Slot, from: SlotState): void {
    const isNew = from === 'listening'
    if (isNew) this.#backoff.succeeded()
    this.#pool.unassign(slot)?.finish()
    slot.direct(undefined, undefined)
    const evictable = this.#pool.addIdle(slot)
    // A new container serves the call that it was started for before it may be taken: else calls would starve behind a queue.
    const isFree = this.#waiting.length === 0
    if (isFree || (!isNew && this.#host.mustYield(this.#pool))) this.#offer(evictable)
    // Later: the machine is still in its transition, and the container may be evicted meanwhile.
    queueMicrotask(() => this.#dispatch())
  }

  /** The containers that the function is to keep are not evicted. */
  #offer(evictable: Evictable): void {
    if (this.#pool.slots.size > this.#spec.minContainers) this.#host.offer(evictable)
  }

  #onDraining(slot: Slot, from: SlotState): void {
    this.#host.withdraw(this.#pool.removeIdle(slot))
    const call = this.#pool.unassign(slot)
    if (call !== undefined) this.#retryOrFail(call, slot)
    else if (from === 'launching' || from === 'listening') {
      if (slot.actor.getSnapshot().context.cause !== 'closed') this.#onLaunchFailed(slot.failure)
    }
    if (this.#pool.size === 0) this.#host.promote(this.#pool)
  }

  /** A call's container has ended. A call that the function has not seen is sent to another one. */
  #retryOrFail(call: Call, slot: Slot): void {
    if (call.wasSent) call.fail(slot.failure)
    else if (!call.isOver) this.#waiting.unshift(call)
    queueMicrotask(() => this.#dispatch())
  }

  #onGone(slot: Slot): void {
    const { retireError } = slot.actor.getSnapshot().context
    if (retireError !== undefined) this.#uncleaned.push(retireError)
    this.#host.gone(this.#pool.evictableOf(slot))
    this.#pool.remove(slot)
    queueMicrotask(() => this.#dispatch())
  }

  /**
   * A container could not be started. Without any that listens, all calls that wait are rejected with the reason: none of them could be
   * served by then. Else it is the reason that they give if they time out.
   */
  #onLaunchFailed(error: CookietinError): void {
    this.#backoff.failed(error)
    if (this.#pool.listening > 0) {
      for (const call of this.#waiting) call.noteLaunchFailure(error)
    } else {
      for (const call of this.#waiting.splice(0)) call.fail(error)
    }
    this.#prewarming.fail(error)
    queueMicrotask(() => this.#dispatch())
  }

  #onCallerLeft(call: Call): void {
    const index = this.#waiting.indexOf(call)
    if (index !== -1) this.#waiting.splice(index, 1)
    this.#cancelSpare()
    this.#changes.notify()
  }
}

/** A condition variable: wakes all waiters, which check their condition again. */
class Changes {
  readonly #waiting: (() => void)[] = []

  next(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  notify(): void {
    if (this.#waiting.length === 0) return
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
