import type { Observable } from 'rxjs'
import type { ContainerEvents, ContainerStreams, EngineContainer } from '../engine.ts'
import { CookietinError } from '../errors.ts'
import type { Exit } from '../exit.ts'
import type { Stat } from '../stats/stat.ts'
import type { ResolvedTask } from '../task.ts'
import { createContainer } from './create.ts'
import { deferred } from './deferred.ts'
import { replyOf } from './errors.ts'
import { exitWithEvidence, wasCut } from './evidence.ts'
import { containerPath } from './inspect.ts'
import { labelsOf } from './labels.ts'
import type { NetworkLease } from './networks.ts'
import { type CreateOptions, createOptions } from './options.ts'
import { removeContainer } from './removal.ts'
import type { Room } from './room.ts'
import { samples$ } from './samples.ts'
import { exitOfFailedStart, type Poised, poise, sendStart, startError, startWithin } from './start.ts'
import { type InputPump, pumpInput } from './stdin.ts'
import { settles, unlessAborted, within } from './timing.ts'

/** How long a kill or a removal may hang before the attached stream, whose reader may be what blocks the engine, is cut. ms. */
const wedgeTimeout = 1_000

/** One container of a Docker engine. */
export class DockerContainer implements EngineContainer {
  readonly name: string
  readonly options: CreateOptions
  readonly stats$: Observable<Stat>
  readonly #room: Room
  readonly #task: ResolvedTask
  readonly #secrets: readonly string[]
  readonly #exit = deferred<Exit>()
  readonly #started = deferred<void>()
  #id: string | undefined
  #lease: NetworkLease | undefined
  /** Calls that the engine may still act upon, though their caller has given up. They never reject. */
  #creating: Promise<unknown> | undefined
  #starting: Promise<unknown> | undefined
  #poised: Poised | undefined
  #input: InputPump | undefined
  #ending = false
  #removal: Promise<void> | undefined

  constructor(room: Room, task: ResolvedTask) {
    this.#room = room
    this.#task = task
    this.name = `cookietin-${room.instance}-${task.id}`
    this.options = createOptions(task, { ...room.config, hostname: room.hostname }, labelsOf(room.instance, task.id))
    this.#secrets = Object.values(task.env)
    this.stats$ = samples$({
      open: signal =>
        room.api.stream({
          doing: `sample container ${this.name}`,
          method: 'GET',
          path: containerPath(this.#id ?? this.name, '/stats'),
          query: { stream: 'true' },
          deadline: room.config.engineTimeout,
          signal,
        }),
      started: this.#started.promise,
      ended: this.#exit.promise,
    })
  }

  async prepare(signal: AbortSignal): Promise<void> {
    const { images, networks } = this.#room
    if (this.#ending) throw this.#invalidState('prepare')
    if (this.options.HostConfig.NetworkMode === undefined) this.#lease = networks.lease()
    if (this.#lease !== undefined) this.options.HostConfig.NetworkMode = this.#lease.network
    if (this.#task.pull === 'always') await images.pull(this.#task, signal)
    try {
      await this.#create(signal)
    } catch (error) {
      // Creating is the best test of whether the image is there: it cannot be removed between the test and its use.
      if (!isMissingImage(error) || this.#task.pull !== 'missing') throw error
      await images.pull(this.#task, signal)
      await this.#create(signal)
    }
  }

  async #create(signal: AbortSignal): Promise<void> {
    if (this.#ending) throw this.#invalidState('prepare')
    const doing = `create container ${this.name}`
    const created = createContainer(this.#room, this.name, this.options, this.#secrets).then(id => {
      this.#id = id
    })
    this.#creating = created.catch(() => {})
    await unlessAborted(within(created, this.#room.config.startTimeout, doing), signal, doing)
  }

  start(streams: ContainerStreams, events: ContainerEvents): Promise<void> {
    const started = this.#start(streams, events).catch(error => {
      this.#cutOff()
      this.#exit.reject(error)
      throw error
    })
    return started
  }

  async #start(streams: ContainerStreams, events: ContainerEvents): Promise<void> {
    const id = this.#id
    if (id === undefined || this.#ending || this.#starting !== undefined) throw this.#invalidState('start')
    const named = { id, name: this.name }
    const { config } = this.#room
    const poising = poise(this.#room, named, streams, this.options.Tty)
    this.#starting = poising.catch(() => {})
    const poised = await poising
    this.#poised = poised
    if (streams.stdin !== undefined) {
      this.#input = pumpInput(streams.stdin, poised.stream, error => events.broken(error))
    }
    // No point of return between the attach and the start: see `poise`.
    const startedAt = performance.now()
    const starting = sendStart(this.#room, named, this.#secrets)
    this.#starting = starting.catch(() => {})
    try {
      await startWithin(starting, this.name, config.startTimeout)
    } catch (error) {
      const exit = await exitOfFailedStart(this.#room, id, error)
      if (exit === undefined) throw startError(error)
      this.#cutOff()
      events.exitSeen()
      this.#exit.resolve(exit)
      return
    }
    poised.watch.follow()
    this.#started.resolve()
    void this.#seeEnd(id, poised, events, startedAt)
  }

  async #seeEnd(id: string, { watch, output }: Poised, events: ContainerEvents, startedAt: number): Promise<void> {
    try {
      const cut = wasCut(this.#room, id, { watch, output, startedAt, init: this.options.HostConfig.Init })
      const ended = await watch.ended
      events.exitSeen()
      this.#input?.stop()
      this.#exit.resolve(await exitWithEvidence(this.#room, { id, name: this.name }, ended, output, await cut))
    } catch (error) {
      this.#exit.reject(error)
    } finally {
      this.#cutOff()
    }
  }

  wait(): Promise<Exit> {
    return this.#exit.promise
  }

  async pause(): Promise<void> {
    await this.#signal('pause', 'pause', reply => reply.status === 409 && /already paused/i.test(reply.text))
  }

  async unpause(): Promise<void> {
    await this.#signal('unpause', 'unpause', reply => /not paused/i.test(reply.text))
  }

  async kill(): Promise<void> {
    this.#ending = true
    this.#poised?.output.drop()
    await this.#starting
    this.#poised?.output.drop()
    if (this.#id === undefined || this.#exit.settled) return
    const killed = this.#signal(
      'kill',
      'kill',
      reply => reply.status === 409 || reply.status === 404 || /not running/i.test(reply.text),
      {
        signal: 'KILL',
      },
    )
    if (!(await settles(killed, wedgeTimeout))) this.#poised?.output.destroy()
    await killed
  }

  remove(): Promise<void> {
    this.#removal ??= this.#remove().catch(error => {
      this.#removal = undefined
      throw error
    })
    return this.#removal
  }

  async #remove(): Promise<void> {
    const { startTimeout, engineTimeout } = this.#room.config
    this.#ending = true
    this.#poised?.output.drop()
    this.#lease?.release()
    const underWay = [this.#creating, this.#starting].filter(call => call !== undefined)
    if (underWay.length > 0) await settles(Promise.all(underWay), startTimeout)
    this.#poised?.output.drop()
    if (this.#creating !== undefined) {
      const removed = removeContainer(this.#room, this.#id ?? this.name, this.name, engineTimeout)
      if (!(await settles(removed, wedgeTimeout))) this.#poised?.output.destroy()
      await removed
    }
    this.#exit.reject(
      new CookietinError('ERR_COOKIETIN_CLOSED', `Container ${this.name} was removed before its end was seen`),
    )
    this.#cutOff()
  }

  /** Lets go of every connection. */
  #cutOff(): void {
    this.#input?.stop()
    this.#poised?.output.destroy()
    this.#poised?.watch.close()
    this.#started.reject(undefined)
  }

  async #signal(
    action: string,
    verb: string,
    isMet: (reply: { status: number; text: string }) => boolean,
    query?: Record<string, string>,
  ): Promise<void> {
    if (this.#id === undefined) throw this.#invalidState(verb)
    try {
      await this.#room.api.request({
        doing: `${verb} container ${this.name}`,
        method: 'POST',
        path: containerPath(this.#id, `/${action}`),
        query,
        deadline: this.#room.config.engineTimeout,
      })
    } catch (error) {
      const reply = replyOf(error)
      if (reply === undefined || !isMet(reply)) throw error
    }
  }

  #invalidState(verb: string): CookietinError {
    const what = this.#ending
      ? 'it is being ended'
      : this.#id === undefined
        ? 'it is not created'
        : 'it was started before'
    return new CookietinError('ERR_COOKIETIN_INVALID_STATE', `Cannot ${verb} container ${this.name}: ${what}`)
  }
}

function isMissingImage(error: unknown): boolean {
  return error instanceof CookietinError && error.code === 'ERR_COOKIETIN_IMAGE_NOT_FOUND'
}
