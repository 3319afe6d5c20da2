import { CookietinError, notCleaned } from '../errors.ts'
import type { Admission } from '../queue/scheduler.ts'
import { Call } from './call.ts'
import { ContainerPool } from './container-pool.ts'
import type { HotFunction } from './function.ts'
import type { FunctionHost } from './host.ts'
import { type InvokeRequest, resolveRequest } from './http/request.ts'
import { releaseBody } from './http/request-body.ts'
import { launchSlot } from './launch.ts'
import { closedError, Prewarming } from './prewarming.ts'
import type { Slot, SlotState } from './slot/slot.ts'
import type { ResolvedSpec } from './spec.ts'

/** The one implementation of {@link HotFunction}. */
export class PooledFunction implements HotFunction {
  readonly #host: FunctionHost
  readonly #spec: ResolvedSpec
  readonly #pool: ContainerPool
  /** Calls that no container has yet, in the order of their coming. */
  readonly #waiting: Call[] = []
  readonly #prewarming = new Prewarming()
  readonly #changes = new Changes()
  readonly #uncleaned: unknown[] = []
  #isClosed = false
  #closing: Promise<void> | undefined
  readonly #onClosed: () => void

  constructor(host: FunctionHost, spec: ResolvedSpec, onClosed: () => void) {
    this.#onClosed = onClosed
    this.#host = host
    this.#spec = spec
    const { memory, cpus } = host.resolve(spec.task)
    this.#pool = new ContainerPool(Math.min(spec.maxContainers, host.capacity({ memory, cpus })), this)
  }

  get size(): number {
    return this.#pool.slots.size
  }

  async invoke(request: InvokeRequest = {}): Promise<Response> {
    const resolved = resolveRequest(request, this.#spec.timeout)
    if (this.#isClosed) {
      releaseBody(resolved.body)
      throw closedError()
    }
    const call = new Call(resolved, left => this.#onCallerLeft(left))
    if (!call.isOver) {
      this.#waiting.push(call)
      this.#dispatch()
    }
    return call.response
  }

  async prewarm(count: number): Promise<void> {
    if (this.#isClosed) throw closedError()
    const ready = this.#prewarming.wait(count, this.#pool.max)
    this.#prewarming.tell(this.#pool.listening)
    this.#dispatch()
    await ready
  }

  close({ force = false }: { readonly force?: boolean | undefined } = {}): Promise<void> {
    this.#isClosed = true
    this.#closing ??= this.#close()
    if (force) {
      for (const call of this.#waiting.splice(0)) call.fail(closedError())
      for (const call of this.#pool.calls) call.fail(closedError())
      this.#changes.tell()
    }
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    while (this.#prewarming.fail(closedError()));
    while (this.#waiting.length > 0 || this.#pool.calls.length > 0) await this.#changes.next()
    this.#withdrawSpare()
    for (const slot of this.#pool.slots) slot.actor.send({ type: 'close' })
    while (this.#pool.slots.size > 0 || this.#pool.pending > 0) await this.#changes.next()
    this.#onClosed()
    if (this.#uncleaned.length > 0) throw notCleaned(this.#uncleaned)
  }

  /** Gives every call that waits a container, as far as there are any, and asks for those that are missing. */
  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const slot = this.#pool.mostRecentlyIdle()
      if (slot === undefined) break
      this.#assign(slot)
    }
    while (this.#pool.starting < this.#wanted && this.#pool.hasRoom) this.#launch()
    this.#withdrawSpare()
  }

  /** How many containers somebody waits for. */
  get #wanted(): number {
    return Math.max(this.#waiting.length, this.#prewarming.goal - this.#pool.listening)
  }

  #assign(slot: Slot): void {
    const call = this.#waiting.shift()
    if (call === undefined) return
    this.#host.withdraw(this.#pool.assign(slot, call))
    slot.actor.send({ type: 'call' })
  }

  #launch(): void {
    const launch = launchSlot(this.#host, this.#spec, this, (slot, state, from) => this.#follow(slot, state, from))
    if (launch instanceof CookietinError) {
      this.#failOldest(launch)
      return
    }
    const { admission, slot } = launch
    this.#pool.addPending(admission)
    const lose = (error: CookietinError | undefined) => {
      this.#pool.removePending(admission)
      if (error !== undefined) this.#failOldest(error)
    }
    slot.then(slot => this.#onLaunched(admission, slot), lose).finally(() => this.#changes.tell())
  }

  #onLaunched(admission: Admission, slot: Slot): void {
    this.#pool.add(admission, slot)
    slot.start()
    // It was on its way while the function was closed.
    if (this.#isClosed && this.#waiting.length === 0) slot.actor.send({ type: 'close' })
  }

  /** Those that nobody waits for any more are not worth a place. */
  #withdrawSpare(): void {
    while (this.#pool.starting > this.#wanted && this.#pool.cancelOnePending());
  }

  #follow(slot: Slot, state: SlotState, from: SlotState): void {
    if (state === 'busy') this.#onBusy(slot)
    else if (state === 'idle') this.#onIdle(slot)
    else if (state === 'frozen') this.#host.offer(this.#pool.evictableOf(slot))
    else if (state === 'draining') this.#onDraining(slot, from)
    else if (state === 'gone') this.#onGone(slot)
    this.#prewarming.tell(this.#pool.listening)
    this.#changes.tell()
  }

  #onBusy(slot: Slot): void {
    // Its caller gave up while the container was thawed for it, or it cannot be sent: the container serves on.
    if (this.#pool.callOf(slot)?.send(slot) !== true) slot.actor.send({ type: 'served' })
  }

  #onIdle(slot: Slot): void {
    this.#pool.unassign(slot)?.finish()
    slot.direct(undefined, undefined)
    const evictable = this.#pool.addIdle(slot)
    if (this.#waiting.length === 0 || this.#host.mustYield(this)) this.#host.offer(evictable)
    // Later, since the machine is still telling its state; and unless it was evicted meanwhile.
    queueMicrotask(() => this.#dispatch())
  }

  #onDraining(slot: Slot, from: SlotState): void {
    this.#host.withdraw(this.#pool.removeIdle(slot))
    const call = this.#pool.unassign(slot)
    if (call !== undefined) this.#retryOrFail(call, slot)
    else if (from === 'launching' || from === 'listening') {
      if (slot.actor.getSnapshot().context.cause !== 'closed') this.#failOldest(slot.failure)
    }
  }

  /** A call's container has ended: what the function has not seen is tried in another. */
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

  /** A launch that fails is told to the one that waits longest, so that a function that cannot start is not started for ever. */
  #failOldest(error: CookietinError): void {
    const call = this.#waiting.shift()
    if (call !== undefined) call.fail(error)
    else this.#prewarming.fail(error)
  }

  #onCallerLeft(call: Call): void {
    const index = this.#waiting.indexOf(call)
    if (index !== -1) this.#waiting.splice(index, 1)
    this.#withdrawSpare()
    this.#changes.tell()
  }
}

/** Tells those who wait that something has changed; they look for themselves whether it is what they wait for. */
class Changes {
  readonly #waiting: (() => void)[] = []

  next(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  tell(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
