import type { Agent } from 'node:http'
import type { Writable } from 'node:stream'
import { type Actor, createActor } from 'xstate'
import type { SlotEvent } from '../../../machines/slot-types.ts'
import type { CookieOptions } from '../../cookie/cookie.ts'
import { shownOf } from '../../cookie/inspectable.ts'
import type { OpenCookie } from '../../cookie/open-cookie.ts'
import { CookietinError, toCookietinError } from '../../errors.ts'
import type { Demand } from '../../queue/resource-pool.ts'
import { followState } from '../../utils/actors/follow-state.ts'
import { makeInspectable } from '../../utils/actors/inspectable.ts'
import { Exchange, type Outgoing, slotAgent } from '../http/exchange.ts'
import type { SocketFolder } from '../socket/folder.ts'
import { type Listener, untilListening } from '../socket/listener.ts'
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

/** What a slot is made of. */
export interface SlotParts {
  readonly spec: ResolvedSpec
  readonly cookie: OpenCookie
  readonly folder: SocketFolder
  readonly stdout: LogRouter
  readonly stderr: LogRouter
  readonly inspect: CookieOptions['inspect']
  /** Called at each change of state. */
  readonly changed: (slot: Slot, state: SlotState, from: SlotState) => void
  readonly demand: Demand
}

/** One hot container: joins a slot's machine to a cookie, its socket and the calls to it. */
export class Slot {
  readonly id: string
  readonly actor: Actor<typeof hotSlotMachine>
  readonly #parts: SlotParts
  readonly #agent: Agent = slotAgent()
  #listener: Listener | undefined
  /** Why its socket took no connection when it was tried last. */
  #refusal: NodeJS.ErrnoException | undefined
  #state: SlotState = 'launching'

  constructor(parts: SlotParts) {
    const { spec, cookie, inspect } = parts
    this.id = cookie.id
    this.#parts = parts
    this.actor = createActor(hotSlotMachine, {
      id: `slot-${cookie.id}`,
      input: { id: cookie.id, ...spec },
      ...(inspect === undefined ? {} : { inspect }),
    })
    if (inspect !== undefined) makeInspectable(this.actor, shownOf(cookie))
    slotParts.assign(this.actor, {
      launch: () => this.#launch(),
      listen: signal => this.#listen(signal),
      freeze: () => cookie.freeze(),
      unfreeze: () => cookie.unfreeze(),
      retire: () => this.#retire(),
    })
    followState(this.actor, ({ from, to }) => {
      this.#state = to
      parts.changed(this, to, from)
    })
  }

  get state(): SlotState {
    return this.#state
  }

  get demand(): Demand {
    return this.#parts.demand
  }

  /** Why it ended, once it has begun to: the error for a call that it cannot serve. */
  get failure(): CookietinError {
    const { cause, error } = this.actor.getSnapshot().context
    const { launchTimeout } = this.#parts.spec
    if (cause === 'launchTimeout') {
      const [code, what] =
        this.#refusal?.code === 'EACCES'
          ? ([
              'ERR_COOKIETIN_SOCKET_UNTRUSTED',
              `The function's socket may not be used (EACCES), ${launchTimeout} ms after its start. The function must make it writable for all (chmod 0666)`,
            ] as const)
          : ([
              'ERR_COOKIETIN_LISTEN_TIMEOUT',
              `The function did not listen on its socket within ${launchTimeout} ms of its start. It must listen at FN_LISTENER, or raise launchTimeout`,
            ] as const)
      return new CookietinError(code, what + this.#lastWords, { cookieId: this.id, cause: this.#refusal })
    }
    return toCookietinError(error, 'ERR_COOKIETIN_FUNCTION_EXITED', `The function's container was ended (${cause})`, {
      cookieId: this.id,
    })
  }

  /** What it wrote when nobody was there to read it, which often says why it failed. */
  get #lastWords(): string {
    const { stdout, stderr } = this.#parts
    const said = stderr.unheard || stdout.unheard
    return said === '' ? '' : `. It wrote last:\n${said}`
  }

  start(): void {
    this.actor.start()
  }

  /** Sends a call. Only while it is busy with that very call. */
  exchange(outgoing: Outgoing): Exchange {
    const { spec } = this.#parts
    return new Exchange(this.#agent, outgoing, {
      socketPath: this.#listener?.path ?? '',
      maxHeaderSize: spec.maxResponseHeaders,
      maxBody: spec.maxResponseBody,
      served: () => this.actor.send({ type: 'served' }),
      broken: error => this.actor.send({ type: 'broken', error }),
    })
  }

  /** Directs the container's output for the time of a call. */
  direct(stdout: Writable | undefined, stderr: Writable | undefined): void {
    this.#parts.stdout.direct(stdout)
    this.#parts.stderr.direct(stderr)
  }

  async #launch(): Promise<void> {
    const { cookie } = this.#parts
    const { wait } = await cookie.run()
    void wait().then(
      ({ exitCode, error }) =>
        this.#send({
          type: 'exited',
          error: new CookietinError(
            'ERR_COOKIETIN_FUNCTION_EXITED',
            `The function's container has ended by itself${exitCode === undefined ? '' : ` with exit code ${exitCode}`}${error === undefined ? '' : `: ${error.message}`}${this.#lastWords}`,
            { cookieId: cookie.id, cause: error },
          ),
        }),
      // The engine was lost, and nobody knows whether it still runs: what a call may still get from it is not waited for.
      error => this.#send({ type: this.#state === 'busy' ? 'broken' : 'exited', error }),
    )
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const listener = await untilListening(this.#parts.folder.path, signal, refusal => {
      this.#refusal = refusal
    })
    if (signal.aborted) listener.close()
    else this.#listener = listener
  }

  async #retire(): Promise<void> {
    const { cookie, folder, stdout, stderr } = this.#parts
    this.#agent.destroy()
    try {
      // Killed as it is: a frozen container does not run again.
      await cookie.close()
    } catch (error) {
      // It may still run, and its folder must not be removed under its hands.
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

/** The same error, which names one more thing that is left. */
function leaking(error: CookietinError, path: string): CookietinError {
  const { code, message, cookieId, leaked } = error
  return new CookietinError(code, `${message}; its socket folder ${path} is left, too`, {
    cause: error,
    cookieId,
    leaked: [...leaked, path],
  })
}
