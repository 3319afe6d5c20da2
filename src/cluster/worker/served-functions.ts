import type { EngineDriver } from '../../driver/engine-driver.ts'
import { type CookietinError, InvalidInputError } from '../../errors.ts'
import type { Executor } from '../../executor/executor.ts'
import { createExecutor } from '../../executor/queue-executor.ts'
import type { OpenFunction } from '../../functions/function.ts'
import { isRecord } from '../../utils/validation/issues.ts'
import type { Message, Packet } from '../link/link.ts'
import type { Post } from '../redis/post.ts'
import { decodeFunction, keyOfFunction, type WireFunction } from '../wire/function.ts'
import { askPolicy, type WorkerPolicy } from './policy.ts'
import { type FindFunction, ServedCall } from './served-call.ts'

/** How long a function without containers and calls is kept, in ms, and how often that is looked at. */
const [keepFor, lookEvery] = [60_000, 15_000]

/** The options of {@link ServedFunctions}. */
export interface ServedFunctionsOptions {
  readonly driver: EngineDriver
  /** How many containers they may have at once. 0: no function is served. */
  readonly capacity: number
  readonly policy: WorkerPolicy
  readonly post: Post
  /** True while no calls are taken. */
  readonly isDraining: () => boolean
  /** Called with the submitter of each call, and when the call is over. */
  readonly onCall: (submitter: string) => () => void
}

interface Opened {
  readonly made: OpenFunction
  lastUsed: number
}

/** The functions that this host serves for other processes. All of them share its containers. */
export class ServedFunctions {
  readonly #options: ServedFunctionsOptions
  readonly #opened = new Map<string, Opened>()
  readonly #calls = new Map<string, ServedCall>()
  /** When the calls that are over have ended: they may be asked for again. */
  readonly #ended = new Map<string, number>()
  readonly #timer: NodeJS.Timeout
  #executor: Executor | undefined

  constructor(options: ServedFunctionsOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#tidy(), lookEvery).unref()
  }

  /** What others may know of them. */
  get status(): object {
    const slots = Object.fromEntries(
      [...this.#opened].filter(([, { made }]) => made.size > 0).map(([key, { made }]) => [key, made.slots]),
    )
    const callers: Record<string, number> = {}
    for (const { submitter } of this.#calls.values()) callers[submitter] = (callers[submitter] ?? 0) + 1
    return { capacity: this.#options.capacity, calls: this.#calls.size, callers, slots }
  }

  /** Takes the first message of a call. */
  receive(packet: Packet): void {
    const { run, from, lane, seq, message } = packet
    const isFirst = lane === 'control' && seq === 1 && (message?.type === 'invoke' || message?.type === 'prewarm')
    if (!isFirst || from === undefined || this.#ended.has(run)) return
    const { post, onCall } = this.#options
    const call = new ServedCall({ run, submitter: from, post, find: this.#find })
    this.#calls.set(run, call)
    const release = onCall(from)
    void call.over.then(() => {
      this.#calls.delete(run)
      this.#ended.set(run, performance.now())
      release()
    })
    call.link.receive(packet)
  }

  /** Ends calls because of this host. */
  endAll(which: (call: ServedCall) => boolean, error: CookietinError): void {
    for (const call of this.#calls.values()) if (which(call)) call.end(error)
  }

  /** Lets the calls that it has end, and removes all containers. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all([...this.#calls.values()].map(call => call.over))
    await this.#executor?.close()
  }

  readonly #find: FindFunction = message => {
    const { capacity, isDraining } = this.#options
    if (capacity === 0 || isDraining()) return 'refused'
    const key = String(message.key)
    const opened = this.#opened.get(key) ?? (message.wire === undefined ? undefined : this.#open(key, message))
    if (opened === undefined) return 'unknown'
    opened.lastUsed = performance.now()
    return opened.made
  }

  #open(key: string, { wire }: Message): Opened {
    const { driver, capacity, policy } = this.#options
    // Who knows the key of a function gets its containers: it must be the function's own.
    if (!isRecord(wire) || keyOfFunction(wire as unknown as WireFunction) !== key) throw wrongKey()
    const { spec, task } = decodeFunction(wire, given => driver.resolve(given))
    askPolicy(policy, task)
    this.#executor ??= createExecutor({ driver, concurrency: capacity })
    const opened = { made: this.#executor.function(spec) as OpenFunction, lastUsed: performance.now() }
    this.#opened.set(key, opened)
    return opened
  }

  /** Lets go of what was not used for long. */
  #tidy(): void {
    const before = performance.now() - keepFor
    for (const [run, endedAt] of this.#ended) if (endedAt < before) this.#ended.delete(run)
    for (const [key, { made, lastUsed }] of this.#opened) {
      if (made.size > 0 || lastUsed > before) continue
      this.#opened.delete(key)
      void made.close().catch(() => {})
    }
  }
}

const wrongKey = () =>
  new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [
    { field: 'key', value: 'the key of a call', allowed: "that of the call's function" },
  ])
