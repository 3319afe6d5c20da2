import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { pause } from '../../utils/timing.ts'
import { isRecord } from '../../utils/validation/issues.ts'
import type { ClusterKeys } from '../redis/keys.ts'
import { readJson } from '../wire/read-json.ts'

/** A host that serves functions, as it told of itself last. */
export interface FunctionHostStatus {
  /** Its worker's process. */
  readonly worker: string
  readonly host: string
  /** How many containers of functions it has at once. */
  readonly capacity: number
  /** How many calls it has, of all submitters. */
  readonly calls: number
  /** How many calls it has of each submitter. */
  readonly callers: Readonly<Record<string, number>>
  /** How many containers of each function it has in each state, by the function's key. */
  readonly slots: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** A place for a call at a host. */
export interface HostPlace {
  readonly status: FunctionHostStatus
  /** Gives the place back. */
  release(): void
}

/** How often the hosts are looked at while functions are open, in ms. */
const interval = 500

/** The hosts that serve functions, and which of them gets a call. */
export class Hosts {
  readonly #redis: Redis
  readonly #keys: ClusterKeys
  readonly #self: string
  #hosts: readonly FunctionHostStatus[] = []
  #looking: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #users = 0
  /** Calls of this process, by worker. */
  readonly #calls = new Map<string, number>()

  /** @param self - This process, as the hosts know it. */
  constructor(redis: Redis, keys: ClusterKeys, self: string) {
    this.#redis = redis
    this.#keys = keys
    this.#self = self
  }

  get all(): readonly FunctionHostStatus[] {
    return this.#hosts
  }

  /** Looks at the hosts until the returned function is called. */
  use(): () => void {
    this.#users++
    this.#timer ??= setInterval(() => void this.look(), interval).unref()
    void this.look()
    return () => {
      if (--this.#users > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }

  /** Looks at them now. Failures leave what was known. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch(() => {})
      .finally(() => {
        this.#looking = undefined
      })
    return this.#looking
  }

  /**
   * Picks the host for a call of a function: the first with a free place, in an order that is the function's own, so that its calls meet where
   * its containers are warm. Without a free place anywhere, the call waits at the first. Resolves with undefined after an abort.
   *
   * @param excluded - Workers that have refused the call. They are asked again when no other is left.
   */
  async pick(key: string, excluded: Set<string>, signal: AbortSignal): Promise<HostPlace | undefined> {
    if (this.#hosts.length === 0) await this.look()
    while (!signal.aborted) {
      const ranked = rank(
        this.#hosts.filter(({ worker }) => !excluded.has(worker)),
        key,
      )
      const free = ranked.find(host => this.#isFree(host))
      const chosen = free ?? ranked[0]
      if (chosen !== undefined) return { status: chosen, release: this.#count(chosen.worker) }
      await pause(interval, signal)
      excluded.clear()
      await this.look()
    }
    return undefined
  }

  /** It is lost. It gets no call until it is seen again. */
  forget(worker: string): void {
    this.#hosts = this.#hosts.filter(host => host.worker !== worker)
  }

  /** Counts a call until the returned function is called. At once: the next call must see it. */
  #count(worker: string): () => void {
    this.#calls.set(worker, this.#callsOf(worker) + 1)
    return () => {
      const left = this.#callsOf(worker) - 1
      if (left > 0) this.#calls.set(worker, left)
      else this.#calls.delete(worker)
    }
  }

  /** What a host told of this process's own calls is out of date. */
  #isFree({ worker, calls, callers, capacity }: FunctionHostStatus): boolean {
    return calls - (callers[this.#self] ?? 0) + this.#callsOf(worker) < capacity
  }

  #callsOf(worker: string): number {
    return this.#calls.get(worker) ?? 0
  }

  async #look(): Promise<void> {
    const workers = await this.#redis.smembers(this.#keys.workers)
    const told = workers.length === 0 ? [] : await this.#redis.mget(workers.map(worker => this.#keys.alive(worker)))
    this.#hosts = workers.flatMap((worker, at) => statusOf(worker, told[at]) ?? [])
  }
}

/**
 * Rendezvous hashing: a host that comes or goes moves only the functions that it gets or had. A worker that is started again keeps those of its
 * host.
 */
export function rank(hosts: readonly FunctionHostStatus[], key: string): readonly FunctionHostStatus[] {
  return hosts
    .map(host => ({ host, score: createHash('sha256').update(`${key} ${host.host}`).digest('hex') + host.worker }))
    .toSorted((a, b) => (a.score < b.score ? 1 : -1))
    .map(({ host }) => host)
}

/** Undefined for a worker that is gone, takes nothing more, or serves no functions. */
function statusOf(worker: string, text: string | null | undefined): FunctionHostStatus | undefined {
  if (text == null) return undefined
  const { host, isDraining, functions } = readJson(text)
  if (isDraining === true || !isRecord(functions) || !(Number(functions.capacity) > 0)) return undefined
  const slots = isRecord(functions.slots) ? (functions.slots as FunctionHostStatus['slots']) : {}
  const callers = isRecord(functions.callers) ? (functions.callers as FunctionHostStatus['callers']) : {}
  const [capacity, calls] = [Number(functions.capacity), Number(functions.calls)]
  return { worker, host: String(host), capacity, calls, callers, slots }
}
