import { release } from 'node:os'
import type { EngineContext } from '../../engine-context.ts'
import type { OutputEnd } from '../attached-output.ts'
import type { ContainerState } from '../inspect.ts'

/** The times between which an engine has started a container, by `performance.now()`. */
export interface StartTimes {
  /** When the call was sent. */
  readonly sent: number
  /** When its reply came. Undefined when the reply was lost. */
  readonly replied: number | undefined
}

/** The parts of a run that {@link wasCut} looks at. */
export interface CutCheck {
  readonly end: OutputEnd
  readonly start: StartTimes
  /** The container has an init process, which keeps its outputs open as long as it lives. */
  readonly init: boolean
  /** The state after the exit. Undefined when the engine cannot report it. */
  readonly state: ContainerState | undefined
  /** When the exit was seen, by `performance.now()`. */
  readonly exitSeenAt: number
}

/** A reply may come this much later (ms) than what it reports. */
const replyDelay = 100

/**
 * Resolves with true when the output ended before the container did. A cut connection looks like one that has ended.
 *
 * The time of its end is compared with that of the exit, as the engine recorded it: a container with an init process
 * cannot have closed its outputs before. By an ordinary end, an engine closes them about 20 ms after the exit. The time
 * of another machine's clock is not known, so that only a part of the cuts is found there.
 */
export async function wasCut(
  context: Pick<EngineContext, 'local' | 'engineInfo'>,
  { end, start, init, state, exitSeenAt }: CutCheck,
): Promise<boolean> {
  if (end.at < start.sent) return true
  if (!init) return false
  const { startedAt, finishedAt } = state ?? {}
  if (state === undefined) return exitSeenAt - end.at > replyDelay
  // A container that runs again has lost these times.
  if (startedAt === undefined || finishedAt === undefined || state.running) return false
  // The container ran for this time, beginning after the start was sent. For a very short run the engine may record an
  // end before the start.
  if (end.at < start.sent + (finishedAt - startedAt)) return true
  if (end.date < finishedAt && (await sharesClock(context))) return true
  return start.replied !== undefined && end.at < start.replied - replyDelay
}

/** An engine on this machine's kernel. One in a virtual machine has a clock of its own. */
async function sharesClock({ local, engineInfo }: Pick<EngineContext, 'local' | 'engineInfo'>): Promise<boolean> {
  return local && (await engineInfo())?.kernel === release()
}
