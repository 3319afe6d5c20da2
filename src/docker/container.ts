import { type Observable, ReplaySubject } from 'rxjs'
import type { ContainerEvents, ContainerStreams, EngineContainer } from '../engine.ts'
import { CookietinError } from '../errors.ts'
import type { Exit } from '../exit.ts'
import type { PullProgress } from '../pull-progress.ts'
import type { Stat } from '../stats/stat.ts'
import type { ResolvedTask } from '../task.ts'
import { cancelledError } from './api.ts'
import { createContainer } from './create.ts'
import { type Deferred, deferred } from './deferred.ts'
import { isMissingImage, replyOf } from './errors.ts'
import { exitWithEvidence, wasCut } from './evidence.ts'
import { labelsOf } from './labels.ts'
import type { NetworkLease } from './networks.ts'
import { type CreateOptions, createOptions, secretsOf, useNetwork } from './options.ts'
import { removeContainer } from './removal.ts'
import type { Room } from './room.ts'
import { statsOf } from './sampling.ts'
import { sendKill, sendPause, sendUnpause } from './signals.ts'
import { exitOfFailedStart, type Named, type Poised, poise, sendStart, startError, startWithin } from './start.ts'
import { type InputPump, pumpInput } from './stdin.ts'
import { pause, settles, unlessAborted, within } from './timing.ts'

/** How long a kill or a removal may hang before the attached stream, whose reader may be what blocks the engine, is cut. ms. */
const wedgeTimeout = 1_000

/** One container of a Docker engine. */
export class DockerContainer implements EngineContainer {
  readonly name: string
  readonly options: CreateOptions
  readonly stats$: Observable<Stat>
  readonly samplingDelay?: number
  /** Who comes late gets the latest. */
  readonly pull$ = new ReplaySubject<PullProgress>(1)
  readonly #room: Room
  readonly #task: ResolvedTask
  readonly #exit = deferred<Exit>()
  readonly #started = deferred<void>()
  #id: string | undefined
  #lease: NetworkLease | undefined
  /** Calls that the engine may still act upon, though their caller has given up. They never reject. */
  #creating: Promise<unknown> | undefined
  #mayExist = false
  #starting: Promise<void> | undefined
  readonly #abandoned = new AbortController()
  #poised: Poised | undefined
  #input: InputPump | undefined
  /** A kill or a removal was asked for. */
  #ending = false
  /** Its end was seen. */
  #ended = false
  #removal: Promise<void> | undefined

  constructor(room: Room, task: ResolvedTask) {
    this.#room = room
    this.#task = task
    this.name = `cookietin-${room.instance}-${task.id}`
    this.options = createOptions(task, { ...room.config, hostname: room.hostname }, labelsOf(room.instance, task.id))
    if (room.cgroups !== undefined) this.samplingDelay = 0
    this.stats$ = statsOf(room, {
      name: this.name,
      id: () => this.#id,
      started: this.#started.promise,
      ended: this.#exit.promise,
      silent: () => this.#poised?.output.ended,
    })
  }

  async prepare(signal: AbortSignal): Promise<void> {
    try {
      await this.#prepare(signal)
    } finally {
      this.pull$.complete()
    }
  }

  async #prepare(signal: AbortSignal): Promise<void> {
    const { networks } = this.#room
    if (this.#ending) throw this.#invalidState('prepare')
    if (signal.aborted) throw cancelledError(`prepare container ${this.name}`, signal.reason)
    if (this.options.HostConfig.NetworkMode === undefined) this.#lease = networks.lease()
    if (this.#lease !== undefined) useNetwork(this.options, this.#lease.network)
    if (this.#task.pull === 'always') await this.#makePresent(signal)
    try {
      await this.#create(signal)
    } catch (error) {
      // Creating is the best test of whether the image is there: it cannot be removed between the test and its use.
      if (!isMissingImage(error) || this.#task.pull === 'always') throw error
      await this.#makePresent(signal)
      await this.#create(signal)
    }
  }

  async #makePresent(signal: AbortSignal): Promise<void> {
    await this.#room.images.makePresent(this.#task, signal, progress => this.pull$.next(progress))
  }

  async #create(signal: AbortSignal): Promise<void> {
    if (this.#ending) throw this.#invalidState('prepare')
    const doing = `create container ${this.name}`
    const created = createContainer(this.#room, {
      name: this.name,
      options: this.options,
      secrets: secretsOf(this.options),
      abandoned: this.#abandoned.signal,
    }).then(id => {
      this.#id = id
    })
    this.#mayExist = true
    this.#creating = created.catch(error => {
      // A refusal is no container. A name conflict is another's: what we did not make is not ours to remove.
      this.#mayExist = replyOf(error) === undefined
    })
    await unlessAborted(within(created, this.#room.config.startTimeout, doing), signal, doing)
  }

  start(streams: ContainerStreams, events: ContainerEvents): Promise<void> {
    const id = this.#id
    if (id === undefined || this.#ending || this.#starting !== undefined) {
      return Promise.reject(this.#invalidState('start'))
    }
    // Open until no call of the sequence is under way any more, whether or not its caller has given up.
    const underWay = deferred<void>()
    this.#starting = underWay.promise
    return this.#start(id, streams, events, underWay).catch(error => {
      this.#cutOff()
      this.#exit.reject(error)
      throw error
    })
  }

  async #start(
    id: string,
    streams: ContainerStreams,
    events: ContainerEvents,
    underWay: Deferred<void>,
  ): Promise<void> {
    const named = { id, name: this.name }
    const poised = await poise(this.#room, named, streams, this.options.Tty).catch(error => {
      underWay.resolve()
      throw error
    })
    this.#poised = poised
    if (this.#ending) poised.output.drop()
    if (streams.stdin !== undefined) {
      this.#input = pumpInput(streams.stdin, poised.stream, error => events.broken(error))
    }
    // No point of return between the attach and the start: see `poise`.
    const startedAt = performance.now()
    const starting = sendStart(this.#room, named, secretsOf(this.options), this.#abandoned.signal)
    starting.then(underWay.resolve, underWay.resolve)
    try {
      await startWithin(starting, this.name, this.#room.config.startTimeout)
    } catch (error) {
      const exit = await exitOfFailedStart(this.#room, id, error)
      if (exit === undefined) throw startError(error)
      this.#cutOff()
      events.exitSeen()
      this.#ended = true
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
      this.#ended = true
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
    await sendPause(this.#room, this.#named('freeze'))
  }

  async unpause(): Promise<void> {
    await sendUnpause(this.#room, this.#named('unfreeze'))
  }

  async kill(): Promise<void> {
    this.#ending = true
    this.#poised?.output.drop()
    if (this.#starting === undefined) return
    await settles(this.#starting, this.#room.config.startTimeout)
    if (this.#ended) return
    const killed = sendKill(this.#room, this.#named('kill'))
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
    this.pull$.complete()
    this.#poised?.output.drop()
    this.#lease?.release()
    const underWay = Promise.all([this.#creating, this.#starting])
    if (!(await settles(underWay, startTimeout))) this.#abandoned.abort()
    await this.#creating
    if (this.#mayExist) {
      const remove = () => removeContainer(this.#room, this.#id ?? this.name, this.name, engineTimeout)
      const removed = remove()
      if (!(await settles(removed, wedgeTimeout))) this.#poised?.output.destroy()
      await removed
      // An engine that wakes up may act on a create after the removal that came behind it.
      if (this.#abandoned.signal.aborted && this.#id === undefined) await pause(wedgeTimeout).then(remove)
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

  #named(verb: string): Named {
    if (this.#id === undefined) throw this.#invalidState(verb)
    return { id: this.#id, name: this.name }
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
