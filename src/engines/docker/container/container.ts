import { type Observable, ReplaySubject } from 'rxjs'
import type { Exit } from '../../../../machines/cookie-types.ts'
import { CookietinError } from '../../../errors.ts'
import type { Stat } from '../../../stats/stat.ts'
import type { ResolvedTask } from '../../../task/task.ts'
import { deferred } from '../../../utils/deferred.ts'
import { settles } from '../../../utils/timing.ts'
import type { ContainerEvents, ContainerStreams, EngineContainer } from '../../engine.ts'
import type { PullProgress } from '../../pull-progress.ts'
import { type InputPump, pumpInput } from '../../pump-input.ts'
import { cancelledError } from '../connection/api.ts'
import { isMissingImage } from '../connection/errors.ts'
import { type CreateOptions, secretsOf } from '../create-options/create-options.ts'
import type { Room } from '../engine-context.ts'
import { checkImageVolumes } from '../image/volumes.ts'
import { exitWithEvidence, wasCut } from './exit-evidence.ts'
import { Berth } from './network-attachment.ts'
import { ownOptions, preflight } from './preflight.ts'
import { sendKill, sendPause, sendUnpause } from './signals.ts'
import {
  exitByWords,
  exitOfFailedStart,
  type Named,
  type Poised,
  poise,
  sendStart,
  startError,
  startWithin,
} from './start.ts'
import { statsOf } from './stats.ts'
import { Existence, wedgeTimeout } from './tracked-container.ts'

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
  readonly #existence: Existence
  readonly #berth: Berth
  /** Settles when no call of the start is under way any more. It never rejects. */
  #starting: Promise<void> | undefined
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
    this.options = ownOptions(room, task)
    this.#existence = new Existence(room, this.name, this.options)
    this.#berth = new Berth(room.networks, task, this.options)
    if (room.cgroups !== undefined) this.samplingDelay = 0
    this.stats$ = statsOf(room, {
      name: this.name,
      id: () => this.id,
      started: this.#started.promise,
      ended: this.#exit.promise,
      silent: () => this.#poised?.output.ended,
    })
  }

  /** The engine's id of it, once it was created. */
  get id(): string | undefined {
    return this.#existence.id
  }

  async prepare(signal: AbortSignal): Promise<void> {
    await this.#prepare(signal).finally(() => this.pull$.complete())
  }

  async #prepare(signal: AbortSignal): Promise<void> {
    if (this.#ending) throw this.#invalidState('prepare')
    if (signal.aborted) throw cancelledError(`prepare container ${this.name}`, signal.reason)
    await preflight(this.#room, this.#task, this.options)
    if (this.#ending) throw this.#invalidState('prepare')
    this.#berth.take()
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
    await checkImageVolumes(this.#task, this.#room)
    if (this.#ending) throw this.#invalidState('prepare')
    await this.#existence.create(signal)
  }

  async start(streams: ContainerStreams, events: ContainerEvents): Promise<void> {
    if (this.id === undefined || this.#ending || this.#starting !== undefined) throw this.#invalidState('start')
    try {
      if (this.#berth.isLost) await this.#changeBerth()
      await this.#start(streams, events).catch(async error => {
        if (this.#ending || !this.#berth.wasLostBy(error)) throw error
        await this.#changeBerth()
        await this.#start(streams, events)
      })
    } catch (error) {
      this.#cutOff()
      this.#started.reject(undefined)
      this.#exit.reject(error)
      throw error
    } finally {
      // What was not read is not read any more.
      if (this.#input === undefined) void streams.stdin?.[Symbol.asyncIterator]().return?.()
    }
  }

  /** The namespace that it was to join has died: it is made anew for another one, under the same name. */
  async #changeBerth(): Promise<void> {
    this.#cutOff()
    await this.#existence.remove(() => {})
    this.#berth.change()
    await this.#create(new AbortController().signal)
  }

  async #start(streams: ContainerStreams, events: ContainerEvents): Promise<void> {
    const named = this.#named('start')
    if (this.#ending) throw this.#invalidState('start')
    // Open until no call of the sequence is under way any more, whether or not its caller has given up.
    const underWay = deferred<void>()
    this.#starting = underWay.promise
    const poised = await poise(this.#room, named, streams, this.options.Tty).catch(error => {
      underWay.resolve()
      const exit = exitByWords(error)
      if (exit === undefined) throw error
      this.#endBefore(exit, events)
    })
    if (poised === undefined) return
    this.#poised = poised
    if (this.#ending) poised.output.drop()
    const feed = () => {
      if (streams.stdin === undefined) return
      this.#input = pumpInput(streams.stdin, poised.stream, error => events.broken(error))
    }
    // What was read for a start that fails would be lost for the next one.
    if (!this.#berth.isShared) feed()
    // No point of return between the attach and the start: see `poise`.
    const startedAt = performance.now()
    const starting = sendStart(this.#room, named, secretsOf(this.options), this.#existence.abandoned)
    starting.then(underWay.resolve, underWay.resolve)
    try {
      await startWithin(starting, this.name, this.#room.config.startTimeout)
    } catch (error) {
      // The runtime gives the same exit code for a namespace that is gone as for a command that is not there.
      const lost = this.#berth.wasLostBy(error)
      const exit = lost ? undefined : await exitOfFailedStart(this.#room, named.id, error)
      if (exit === undefined) throw startError(error)
      this.#endBefore(exit, events)
      return
    }
    poised.watch.follow()
    void poised.output.ended.then(() => poised.watch.hint())
    this.#started.resolve()
    if (this.#berth.isShared) feed()
    void this.#seeEnd(named.id, poised, events, startedAt)
  }

  /** It has ended without having run. */
  #endBefore(exit: Exit, events: ContainerEvents): void {
    this.#cutOff()
    this.#started.reject(undefined)
    events.exitSeen()
    this.#ended = true
    this.#exit.resolve(exit)
  }

  async #seeEnd(id: string, { watch, output }: Poised, events: ContainerEvents, startedAt: number): Promise<void> {
    try {
      const cut = wasCut(this.#room, id, { watch, output, startedAt, init: this.options.HostConfig.Init })
      const ended = await watch.ended
      this.#ended = true
      events.exitSeen()
      this.#berth.release()
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
    const killed = sendKill(this.#room, this.#named('kill'), () => this.#ended || this.#removal !== undefined)
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
    this.#ending = true
    this.pull$.complete()
    this.#poised?.output.drop()
    const underWay = Promise.all([this.#existence.creating, this.#starting])
    if (!(await settles(underWay, this.#room.config.startTimeout))) this.#existence.abandon()
    // Not before: what is in a namespace must be gone when the next one comes.
    await this.#existence.remove(() => this.#poised?.output.destroy()).finally(() => this.#berth.close())
    this.#exit.reject(
      new CookietinError('ERR_COOKIETIN_CLOSED', `Container ${this.name} was removed before its end was seen`),
    )
    this.#cutOff()
    this.#started.reject(undefined)
  }

  /** Lets go of every connection. */
  #cutOff(): void {
    this.#input?.stop()
    this.#poised?.output.destroy()
    this.#poised?.watch.close()
  }

  #named(verb: string): Named {
    if (this.id === undefined) throw this.#invalidState(verb)
    return { id: this.id, name: this.name }
  }

  #invalidState(verb: string): CookietinError {
    const what = this.#ending
      ? 'it is being ended'
      : this.id === undefined
        ? 'it is not created'
        : 'it was started before'
    return new CookietinError('ERR_COOKIETIN_INVALID_STATE', `Cannot ${verb} container ${this.name}: ${what}`)
  }
}
