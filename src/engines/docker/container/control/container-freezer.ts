import { setImmediate as nextTurn } from 'node:timers/promises'
import { CookietinError, descriptorError, lacksDescriptors } from '../../../../errors.ts'
import { pause } from '../../../../utils/timing.ts'
import type { CreateOptions } from '../../create-options/create-options.ts'
import type { EngineContext, FreezerFile } from '../../engine-context.ts'
import type { ContainerRef } from '../inspect.ts'
import { findPid } from '../inspect.ts'
import { refusal } from './freezer-source.ts'
import { sendPause, sendUnpause } from './signals.ts'

/** How long a group may take to freeze or to thaw, in ms. One whose processes are in the kernel's hands, or fork, takes a moment. */
const mostTime = 1_000
/** So many times the file is read at once; after that with growing pauses, in ms. */
const immediateReads = 4
const longestPause = 16

/**
 * Freezes and thaws one container: by its control group's file where the config permits and it can be written, else by the engine. The engine
 * does not know of the first: whoever ends the container calls {@link end} before, or on cgroup v1 a kill and a removal would hang.
 */
export class ContainerFreezer {
  readonly #context: EngineContext
  /** The id of the cookie. */
  readonly #taskId: string
  readonly #options: CreateOptions
  #file: FreezerFile | undefined
  #isKnown = false
  #frozenBy: 'cgroup' | 'engine' | undefined
  #isEnded = false
  #lastCall: Promise<void> = Promise.resolve()

  constructor(context: EngineContext, taskId: string, options: CreateOptions) {
    this.#context = context
    this.#taskId = taskId
    this.#options = options
  }

  /** Freezes the container. A frozen one stays frozen. */
  freeze(container: ContainerRef): Promise<void> {
    return this.#inTurn('freeze', container, () => this.#freeze(container))
  }

  /** Thaws the container, also one that somebody has paused through the engine. A running one keeps running. */
  thaw(container: ContainerRef): Promise<void> {
    return this.#inTurn('thaw', container, () => this.#thaw(container))
  }

  /** Call it before the engine is asked to end the container: kills one that is frozen by its file. Later and present freezes have no effect. */
  end(): void {
    this.#isEnded = true
    if (this.#frozenBy === 'cgroup') this.#file?.kill()
  }

  #inTurn(verb: 'freeze' | 'thaw', container: ContainerRef, call: () => Promise<void>): Promise<void> {
    const done = this.#lastCall.then(call).catch(error => {
      // Whether it is frozen is not known, and its file is no worse for it.
      throw lacksDescriptors(error) ? descriptorError(`${verb} container ${container.name}`, error) : error
    })
    this.#lastCall = done.catch(() => {})
    return done
  }

  async #freeze(container: ContainerRef): Promise<void> {
    if (this.#frozenBy !== undefined) return
    await this.#choose(container)
    if (this.#isEnded) throw hasEnded(container)
    const before = this.#file?.state()
    if (before === 'thawed' || before === 'changing') {
      if (await this.#freezeGroup(container)) return
    }
    // There is no file to use, or somebody has paused the container through the engine. Then a thaw is the engine's, too.
    await sendPause(this.#context, container)
    this.#frozenBy = 'engine'
  }

  async #thaw(container: ContainerRef): Promise<void> {
    if (this.#frozenBy === undefined && this.#file?.state() === 'thawed') return
    if (this.#frozenBy !== 'cgroup') await sendUnpause(this.#context, container)
    // After the engine's thaw as well: the file may have been written by both.
    if (this.#file !== undefined && !(await this.#thawGroup(this.#file))) throw stillFrozen(container)
    this.#frozenBy = undefined
  }

  /** Finds the file at the first freeze, and reports who freezes the container. */
  async #choose({ id }: ContainerRef): Promise<void> {
    if (this.#isKnown) return
    const { freezer, api, config } = this.#context
    const { file, why } = await freezer.find({
      id,
      runtime: this.#options.HostConfig.Runtime,
      findPid: () => findPid(api, id, config.engineTimeout),
    })
    this.#file = file
    this.#isKnown = true
    this.#report(file === undefined ? 'engine' : 'cgroup', why === undefined ? 'freeze' : 'unavailable', why)
  }

  /** Resolves with false when the engine has to do it. */
  async #freezeGroup(container: ContainerRef): Promise<boolean> {
    const file = this.#file
    if (file === undefined) return false
    try {
      // Set before the write: `end()` may be called at any time from here on.
      this.#frozenBy = 'cgroup'
      file.set('frozen')
      if (await this.#reaches(file, 'frozen')) return true
      if (this.#isEnded) throw hasEnded(container)
      this.#giveUp(file, container)
      return false
    } catch (error) {
      this.#frozenBy = undefined
      if (error instanceof CookietinError || lacksDescriptors(error)) throw error
      if (file.state() === undefined) throw hasEnded(container, error)
      const why = refusal(error)
      this.#context.freezer.refuse(why)
      this.#file = undefined
      this.#report('engine', 'refused', why)
      return false
    }
  }

  /** Thaws a group that does not freeze in time. The engine may have more patience with it. */
  #giveUp(file: FreezerFile, container: ContainerRef): void {
    this.#frozenBy = undefined
    if (file.state() === undefined) throw hasEnded(container)
    file.set('thawed')
    this.#report('engine', 'timeout')
  }

  async #thawGroup(file: FreezerFile): Promise<boolean> {
    try {
      file.set('thawed')
      return (await this.#reaches(file, 'thawed')) || file.state() === undefined
    } catch (error) {
      if (lacksDescriptors(error)) throw error
      return file.state() === undefined
    }
  }

  /** A process that forks while its group freezes may have to be told again. */
  async #reaches(file: FreezerFile, wanted: 'frozen' | 'thawed'): Promise<boolean> {
    const until = performance.now() + mostTime
    for (let read = 0; performance.now() < until; read += 1) {
      const state = file.state()
      if (state === wanted) return true
      if (state === undefined) return false
      if (read < immediateReads) await nextTurn()
      else await pause(Math.min(2 ** (read - immediateReads), longestPause))
      if (wanted === 'frozen' && this.#isEnded) return false
      if (read >= immediateReads) file.set(wanted)
    }
    return false
  }

  #report(to: 'cgroup' | 'engine', event: string, error?: string): void {
    this.#context.onTransition({ machine: 'freezer', id: this.#taskId, from: 'wanted', to, event, error })
  }
}

function hasEnded({ name }: ContainerRef, cause?: unknown): CookietinError {
  return new CookietinError(
    'ERR_COOKIETIN_INVALID_STATE',
    `Cannot freeze container ${name}: it has ended, or is being ended`,
    { cause },
  )
}

function stillFrozen({ name }: ContainerRef): CookietinError {
  return new CookietinError(
    'ERR_COOKIETIN_ENGINE_ERROR',
    `Cannot thaw container ${name}: its control group stays frozen. A group above it may be frozen, or its file may no longer be written`,
  )
}
