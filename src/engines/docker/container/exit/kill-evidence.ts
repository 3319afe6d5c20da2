import { isLostReply, isUnreached, replyOf } from '../../connection/errors.ts'
import { jsonLines } from '../../connection/json-lines.ts'
import type { EngineContext } from '../../engine-context.ts'
import { type ContainerRef, type ContainerState, inspectContainer } from '../inspect.ts'

type Context = Pick<EngineContext, 'api' | 'config' | 'liveness'>

/** The signals by which engines end a container: SIGKILL and SIGTERM. */
const endingSignals: readonly number[] = [9, 15]

/**
 * Finds out whether the signal that ended a container came from outside: an engine that stops or restarts ends its
 * containers, and so does another client. Resolves with the evidence as a phrase.
 *
 * @param exitCode - From 129 up, the end by a signal.
 * @param sent - The signals that were sent on request.
 * @returns undefined when nothing shows it.
 */
export async function killEvidence(
  context: Context,
  container: ContainerRef,
  {
    exitCode,
    wasLost,
    sent,
  }: { readonly exitCode: number; readonly wasLost: boolean; readonly sent: ReadonlySet<number> },
): Promise<string | undefined> {
  const signal = exitCode - 128
  if (signal <= 0 || signal > 64 || sent.has(signal)) return undefined
  if (wasLost) return 'the engine was restarted or out of reach while it ran'
  // A cut connection alone does not mean that the engine has gone away. So it is asked twice.
  for (let attempt = 0; ; attempt++) {
    try {
      const state = await inspectContainer(context.api, container.id, context.config.engineTimeout)
      if (state === undefined) return undefined
      if (await wasSent(context, container, { signal, state, sent })) return byAnotherClient
      // Nothing else than another client starts a container again that has no restart policy.
      return state.running && state.restarts === 0 ? byAnotherClient : undefined
    } catch (error) {
      if (attempt > 0) return isGone(error) ? 'the engine went away at the same time' : undefined
    }
  }
}

const byAnotherClient = 'the engine sent it a signal, as docker stop, docker restart and docker kill do'

const isGone = (error: unknown) => isUnreached(error) || (replyOf(error) === undefined && isLostReply(error))

interface KillEvent {
  readonly Actor?: { readonly Attributes?: { readonly signal?: unknown } | null } | null
}

/** An engine may report a signal this much later (ms) than the exit that it brought about. */
const eventDelay = 250
/** Signals of faults in the program itself: ILL, TRAP, ABRT, BUS, FPE, SEGV, PIPE. They are hardly ever sent. */
const ownFaults: readonly number[] = [4, 5, 6, 7, 8, 11, 13]

/** True when the engine has sent the signal, or one that ends a container. The engine keeps the last 256 events. */
async function wasSent(
  { api, config }: Context,
  { id, name }: ContainerRef,
  {
    signal,
    state,
    sent,
  }: { readonly signal: number; readonly state: ContainerState; readonly sent: ReadonlySet<number> },
): Promise<boolean> {
  const { engineTimeout: deadline } = config
  const span = spanOf(state, ownFaults.includes(signal) ? 1 : eventDelay)
  if (span === undefined) return false
  const stream = await api.stream({
    doing: `ask for the signals sent to container ${name}`,
    method: 'GET',
    path: '/events',
    query: { ...span, filters: JSON.stringify({ container: [id], event: ['kill'] }) },
    deadline,
  })
  const timer = setTimeout(() => stream.destroy(), deadline)
  try {
    for await (const event of jsonLines(stream) as AsyncIterable<KillEvent | null>) {
      const seen = Number(event?.Actor?.Attributes?.signal)
      if (!sent.has(seen) && (seen === signal || endingSignals.includes(seen))) return true
    }
    return false
  } finally {
    clearTimeout(timer)
    stream.destroy()
  }
}

/** The time of a run in the engine's own time, in seconds, as its event call takes it, and `more` ms. */
function spanOf({ startedAt, finishedAt }: ContainerState, more: number) {
  if (startedAt === undefined || finishedAt === undefined) return undefined
  // For a very short run the engine may record an end before the start.
  const since = Math.min(startedAt, finishedAt) - 1000
  return { since: (since / 1000).toFixed(3), until: ((finishedAt + more) / 1000).toFixed(3) }
}
