import type { Writable } from 'node:stream'
import { type Actor, createActor } from 'xstate'
import type { SlotEvent } from '../../../machines/types/slot.ts'
import type { CookieOptions } from '../../cookie/cookie.ts'
import { shownOf } from '../../cookie/inspectable.ts'
import type { OpenCookie } from '../../cookie/open-cookie.ts'
import { CookietinError, toCookietinError } from '../../errors.ts'
import type { Demand } from '../../executor/queue/resource-pool.ts'
import { innermost } from '../../utils/actors/follow-state.ts'
import { makeInspectable } from '../../utils/actors/inspectable.ts'
import { deferred } from '../../utils/deferred.ts'
import { settles } from '../../utils/timing.ts'
import { Exchange, type ExchangeListener, type Outgoing } from '../http/exchange.ts'
import { SlotClient } from '../http/slot-client.ts'
import type { SocketFolder } from '../socket/folder.ts'
import { isRefusal, type Listener, untilListening } from '../socket/listener.ts'
import type { ResolvedSpec } from '../spec.ts'
import type { LogRouter } from './log-router.ts'
import { hotSlotMachine, slotParts } from './slot-actor.ts'

/** The states of a slot. */
export type SlotState =
  | 'launching'
  | 'listening'
  | 'idle'
  | 'freezing'
  | 'frozen'
  | 'unfreezing'
  | 'busy'
  | 'draining'
  | 'gone'

/** The parts of a slot. */
export interface SlotParts {
  readonly spec: ResolvedSpec
  readonly cookie: OpenCookie
  readonly folder: SocketFolder
  readonly stdout: LogRouter
  readonly stderr: LogRouter
  readonly inspect: CookieOptions['inspect']
  /** Called when a response is complete. The slot takes another call at once, or {@link Slot.rest}. */
  readonly onServed: (slot: Slot) => void
  /** Called at each change of state. */
  readonly onChange: (slot: Slot, state: SlotState, from: SlotState) => void
  readonly demand: Demand
}

/** How long after a broken connection the container's exit may come, in ms. */
const exitDelay = 500

/** One hot container: joins a slot's machine to a cookie, its socket and the calls to it. */
export class Slot {
  readonly id: string
  readonly actor: Actor<typeof hotSlotMachine>
  readonly #parts: SlotParts
  readonly #client: SlotClient
  /** Settles with the container's end. */
  readonly #exited = deferred<CookietinError>()
  #listener: Listener | undefined
  /** Why its socket could not be connected to at the last look. */
  #refusal: NodeJS.ErrnoException | undefined
  #state: SlotState = 'launching'
  readonly #exchanges: ExchangeListener = {
    onServed: () => {
      this.#hasServed = true
      this.#parts.onServed(this)
    },
    onBroken: error => this.actor.send({ type: 'broken', error }),
    explain: error => this.#explain(error),
  }
  #hasServed = false

  constructor(parts: SlotParts) {
    const { spec, cookie, inspect } = parts
    this.id = cookie.id
    this.#parts = parts
    this.#client = new SlotClient({
      connectTimeout: spec.launchTimeout,
      maxHeaderSize: spec.maxResponseHeaders,
    })
    this.actor = createActor(hotSlotMachine, {
      id: `slot-${cookie.id}`,
      input: { id: cookie.id, ...spec },
      ...(inspect === undefined ? {} : { inspect }),
    })
    if (inspect !== undefined) makeInspectable(this.actor, { ...shownOf(cookie), members: [cookie.actor] })
    slotParts.assign(this.actor, {
      launch: () => this.#launch(),
      listen: signal => this.#listen(signal),
      freeze: () => cookie.freeze(),
      unfreeze: () => cookie.unfreeze(),
      retire: () => this.#retire(),
    })
    this.actor.subscribe(({ value }) => {
      const from = this.#state
      const to = innermost(value) as SlotState
      if (to === from) return
      this.#state = to
      parts.onChange(this, to, from)
    })
  }

  get state(): SlotState {
    return this.#state
  }

  /** True after its first call. */
  get hasServed(): boolean {
    return this.#hasServed
  }

  get demand(): Demand {
    return this.#parts.demand
  }

  /** Why it ended, after it has begun to: the error for a call that it cannot serve. */
  get failure(): CookietinError {
    const { cause, error } = this.actor.getSnapshot().context
    if (cause === 'launchTimeout') return this.#listenError(this.#refusal)
    return toCookietinError(error, 'ERR_COOKIETIN_FUNCTION_EXITED', `The function's container was ended (${cause})`, {
      cookieId: this.id,
    })
  }

  /** Why it could not be connected to, by the error of the last attempt. */
  #listenError(refusal: NodeJS.ErrnoException | undefined): CookietinError {
    const { launchTimeout } = this.#parts.spec
    const [code, what] =
      refusal?.code === 'EACCES'
        ? ([
            'ERR_COOKIETIN_SOCKET_UNTRUSTED',
            `The function's socket still denied access (EACCES) after ${launchTimeout} ms. The function must make it writable for all users (chmod 0666)`,
          ] as const)
        : ([
            'ERR_COOKIETIN_LISTEN_TIMEOUT',
            `The function did not listen on its socket within ${launchTimeout} ms of its start. It must listen at FN_LISTENER; a slow one needs a longer launchTimeout`,
          ] as const)
    return new CookietinError(code, what + this.#lastOutput, { cookieId: this.id, cause: refusal })
  }

  /** The end of what it wrote without a call, which often tells why it failed. */
  get #lastOutput(): string {
    const { stdout, stderr } = this.#parts
    const text = stderr.unread || stdout.unread
    return text === '' ? '' : `. Its last output:\n${text}`
  }

  /** True while it may take one call after the other without being idle in between. */
  get isKept(): boolean {
    const { exited, closeWanted } = this.actor.getSnapshot().context
    return this.#state === 'busy' && !exited && !closeWanted
  }

  /** Becomes idle after a call, or ends. */
  rest(): void {
    if (this.#state === 'busy') this.actor.send({ type: 'served' })
  }

  start(): void {
    this.actor.start()
  }

  /** Sends a call. Only while the slot is busy with it. */
  exchange(outgoing: Outgoing): Exchange {
    const { spec } = this.#parts
    return new Exchange(this.#client, outgoing, {
      maxHeaderSize: spec.maxResponseHeaders,
      maxBody: spec.maxResponseBody,
      listener: this.#exchanges,
    })
  }

  /** Sends the container's output to these writables for the time of a call. */
  direct(stdout: Writable | undefined, stderr: Writable | undefined): void {
    this.#parts.stdout.direct(stdout)
    this.#parts.stderr.direct(stderr)
  }

  async #launch(): Promise<void> {
    const { cookie } = this.#parts
    const { wait } = await cookie.run().catch(error => {
      throw isMissingFolder(error, this.#parts.folder.path) ? folderError(this.#parts.folder.path, error) : error
    })
    void wait().then(
      ({ exitCode, error }) => {
        const code = exitCode === undefined ? '' : ` with exit code ${exitCode}`
        // The message of an exit with a code says no more than that.
        const why = error === undefined || error.code === 'ERR_COOKIETIN_EXIT_NONZERO' ? '' : `: ${error.message}`
        this.#onExit(`The function's container has ended by itself${code}${why}${this.#lastOutput}`, error)
      },
      // The engine was lost. It is unknown whether the container still runs, so a call does not wait for it.
      error => this.#send({ type: this.#state === 'busy' ? 'broken' : 'exited', error }),
    )
  }

  #onExit(message: string, cause: CookietinError | undefined): void {
    const error = new CookietinError('ERR_COOKIETIN_FUNCTION_EXITED', message, { cookieId: this.id, cause })
    this.#exited.resolve(error)
    this.#client.giveUp()
    this.#send({ type: 'exited', error })
  }

  /** A connection often breaks because the container has ended. Its exit is known a moment later, and says why. */
  async #explain(error: CookietinError): Promise<CookietinError> {
    if (!(await settles(this.#exited.promise, exitDelay))) {
      const neverListened = !this.#client.hasConnected && isRefusal(error.cause)
      return neverListened ? this.#listenError(error.cause as NodeJS.ErrnoException) : error
    }
    const exit = await this.#exited.promise
    const { code, message, retryable } = error
    return new CookietinError(code, `${message}. ${exit.message}`, { cookieId: this.id, cause: exit, retryable })
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const listener = await untilListening(this.#parts.folder.path, signal, refusal => {
      this.#refusal = refusal
    })
    if (signal.aborted) return listener.close()
    this.#listener = listener
    await this.#client.use(listener.path)
  }

  async #retire(): Promise<void> {
    const { cookie, folder, stdout, stderr } = this.#parts
    this.#client.destroy()
    try {
      // Killed without a thaw: a frozen container does not run again.
      await cookie.close()
    } catch (error) {
      // It may still run, and must not lose its folder while it does.
      throw leaking(toCookietinError(error, 'ERR_COOKIETIN_NOT_CLEANED', 'Cannot remove a container'), folder.path)
    } finally {
      this.#listener?.close()
      stdout.destroy()
      stderr.destroy()
    }
    await folder.remove()
  }

  #send(event: SlotEvent): void {
    if (this.#state !== 'draining' && this.#state !== 'gone') this.actor.send(event)
  }
}

/** The engine reports that it does not find the socket's folder, which is there. */
function isMissingFolder(error: unknown, path: string): boolean {
  return (
    error instanceof CookietinError &&
    error.message.includes(path) &&
    /no such file|does not exist/i.test(error.message)
  )
}

function folderError(path: string, cause: unknown): CookietinError {
  return new CookietinError(
    'ERR_COOKIETIN_INVALID_CONFIG',
    `The engine does not see the folder of the function's socket, ${path}: it has another view of the file system than this process, as under systemd's PrivateTmp or in a container. Name a folder that both see in the config's socketFolder (COOKIETIN_SOCKET_FOLDER)`,
    { cause },
  )
}

/** The same error, with one more thing that is left. */
function leaking(error: CookietinError, path: string): CookietinError {
  const { code, message, cookieId, leaked } = error
  return new CookietinError(code, `${message}; its socket folder ${path} is left as well`, {
    cause: error,
    cookieId,
    leaked: [...leaked, path],
  })
}
