import { backoff, pause } from '../../../../utils/timing.ts'
import { signalName } from '../../../../utils/unix-signals.ts'
import { type EngineReply, isLostReply, replyOf } from '../../connection/errors.ts'
import { untilReachable } from '../../connection/liveness.ts'
import { containerPath } from '../../connection/paths.ts'
import type { EngineContext } from '../../engine-context.ts'
import { type ContainerRef, inspectContainer } from '../inspect.ts'

// The engine learns of a change a moment after the runtime has made it. Until then it passes on the runtime's message,
// so each refusal has two wordings. It may also refuse a change as already made that has just been undone: a late event
// of the last unpause resets its flag. So a refusal counts only when the engine repeats it.

/** What of an engine sends signals. */
export type SignalContext = Pick<EngineContext, 'api' | 'config' | 'liveness'>

/** Pauses a container. A paused container stays paused. */
export function sendPause(context: SignalContext, container: ContainerRef): Promise<void> {
  const isPaused = ({ said }: EngineReply) => /already paused|cannot pause a paused/i.test(said)
  return sendUntilConfirmed(context, container, { action: 'pause', isDone: isPaused })
}

/** Unpauses a container. The engine answers 500 for a container that is not paused, whether it runs or has exited. */
export function sendUnpause(context: SignalContext, container: ContainerRef): Promise<void> {
  const isRunning = ({ said }: EngineReply) => /not paused|cannot resume a (running|stopped)/i.test(said)
  return sendUntilConfirmed(context, container, { action: 'unpause', isDone: isRunning })
}

/**
 * Sends a signal once. While the engine cannot be reached, the call is repeated. A signal whose reply is lost may have arrived, and programs
 * take a second one for more than a repetition: it counts as sent.
 */
export async function sendSignal(
  context: SignalContext,
  container: ContainerRef,
  { signal, ending }: { readonly signal: string; readonly ending: AbortSignal },
): Promise<void> {
  const { engineTimeout: deadline } = context.config
  const call: Signal = { action: 'kill', query: { signal }, deadline, isDone: isOver }
  try {
    await untilReachable(context, () => send(context, container, call), { signal: ending })
  } catch (error) {
    if (!isLostReply(error)) throw error
  }
}

/** The signal by which a container is to be stopped: its own, which is mostly that of its image, else SIGTERM. */
export async function stopSignalOf({ api, config }: SignalContext, { id }: ContainerRef): Promise<string> {
  const state = await inspectContainer(api, id, config.engineTimeout).catch(() => undefined)
  return signalName(state?.stopSignal ?? '') ?? 'SIGTERM'
}

/** Attempts of a kill within the deadline of one call: when one attempt hangs, another may get through. */
const killAttempts = 4

/**
 * Kills a container by SIGKILL, which also ends a paused one without resuming it. An exited container stays exited.
 * A failed kill is sent again until `engineTimeout` is over or `hasExited` returns true.
 */
export async function sendKill(
  context: SignalContext,
  container: ContainerRef,
  hasExited: () => boolean,
): Promise<void> {
  const { engineTimeout } = context.config
  const until = performance.now() + engineTimeout
  const call: Signal = {
    action: 'kill',
    query: { signal: 'KILL' },
    deadline: engineTimeout / killAttempts,
    isDone: isOver,
  }
  for (let attempt = 0; ; attempt++) {
    try {
      await send(context, container, call)
      return
    } catch (error) {
      await pause(backoff(attempt))
      if (hasExited() || performance.now() > until) throw error
    }
  }
}

/** Delays before the engine is asked again whether the change is already made, in ms. */
const recheckDelays = [1, 2, 4, 8, 16, 32, 64]

/** A reply that means that nothing runs any more. */
const isOver = ({ status, said }: EngineReply) =>
  status === 409 || status === 404 || /not running|already finished|no such process/i.test(said)

interface Signal {
  readonly action: string
  readonly query?: Record<string, string>
  /** ms. */
  readonly deadline: number
  /** True for an error reply that means that the container is already in the wanted state. */
  readonly isDone: (reply: EngineReply) => boolean
}

async function sendUntilConfirmed(
  context: SignalContext,
  container: ContainerRef,
  { action, isDone }: { readonly action: 'pause' | 'unpause'; readonly isDone: Signal['isDone'] },
): Promise<void> {
  const call = { action, isDone, deadline: context.config.engineTimeout }
  let lostReplies = 0
  for (const delay of [...recheckDelays, 0]) {
    try {
      if (await send(context, container, call)) return
    } catch (error) {
      // After a lost reply the container's state is not known: it is inspected, and the call is sent again if needed.
      if (replyOf(error) !== undefined || lostReplies++ > 0) throw error
      if ((await isPaused(context, container, error)) === (action === 'pause')) return
    }
    await pause(delay)
  }
}

/** Asks once the engine answers again. Throws `error` when the state cannot be found out. */
async function isPaused(
  { api, config, liveness }: SignalContext,
  { id }: ContainerRef,
  error: unknown,
): Promise<boolean> {
  const { engineTimeout, reconnectTimeout } = config
  if (!(await liveness.found(reconnectTimeout))) throw error
  const state = await inspectContainer(api, id, engineTimeout).catch(() => undefined)
  if (state === undefined || !(state.running || state.paused)) throw error
  return state.paused
}

/** Returns false when the engine replied that the container is already in the wanted state. */
async function send(
  { api }: SignalContext,
  { id, name }: ContainerRef,
  { action, query, deadline, isDone }: Signal,
): Promise<boolean> {
  try {
    await api.request({
      doing: `${action} container ${name}`,
      method: 'POST',
      path: containerPath(id, `/${action}`),
      query,
      deadline,
    })
    return true
  } catch (error) {
    const reply = replyOf(error)
    if (reply === undefined || !isDone(reply)) throw error
    return false
  }
}
