import type { Exit } from '../../../../machines/cookie-types.ts'
import { CookietinError } from '../../../errors.ts'
import { pause, settles } from '../../../utils/timing.ts'
import type { Room } from '../engine-context.ts'
import type { AttachedOutput } from './attached-output.ts'
import type { Ended, ExitWatch } from './exit-watch.ts'
import { type ContainerState, inspectContainer } from './inspect.ts'
import type { Named } from './start.ts'

const sigkilled = 137
/** On cgroup v2 the flag may come after the exit (containerd#8893). ms. */
const flagDelay = 100
/** The exit is told this soon after the end of the output, or there is something to look into. ms. */
const endDelay = 100

/** Waits for the rest of the output, and asks the engine meanwhile what it knows of the end. */
export async function exitWithEvidence(
  room: Room,
  { id, name }: Named,
  ended: Ended,
  output: AttachedOutput,
  cut: boolean,
): Promise<Exit> {
  const seenAt = performance.now()
  if (ended.message !== '' && ended.exitCode !== 0) {
    // The engine could not do its part, such as for want of disk space: not the task's fault.
    throw new CookietinError(
      'ERR_COOKIETIN_START_FAILED',
      `Container ${name} did not run to its end: the engine says "${ended.message}"`,
      { cause: ended },
    )
  }
  const patience = room.config.outputTimeout
  const [end, state] = await Promise.all([output.finish(patience), lastState(room, id, ended.exitCode)])
  // An engine that dies ends the stream as cleanly as a container does.
  const early = end.at < ended.inSightSince || seenAt - end.at > patience
  return {
    exitCode: ended.exitCode,
    oomKilled: state?.oomKilled ?? false,
    outputTruncated: !end.complete || early || cut || output.systemText !== '',
    message:
      [state?.message, output.systemText].filter(text => text !== undefined && text !== '').join('; ') || undefined,
  }
}

/** What is looked at to tell an end from a cut. */
export interface Seen {
  readonly watch: ExitWatch
  readonly output: AttachedOutput
  /** When the start was sent, by `performance.now()`. */
  readonly startedAt: number
  /** The container has an init process, which holds its outputs open as long as it lives. */
  readonly init: boolean
}

/**
 * True when the output ended although the container went on: with an init process it cannot have closed it. A connection that is cut
 * looks like one that has ended, so the engine is asked, unless the exit comes at once, as it does after an ordinary end.
 */
export async function wasCut(room: Room, id: string, { watch, output, startedAt, init }: Seen): Promise<boolean> {
  const first = await Promise.race([output.ended, watch.ended.then(ignore, ignore)])
  if (first === undefined) return false
  if (first.at < startedAt) return true
  if (!init || (await settles(watch.ended, endDelay))) return false
  const state = await inspectContainer(room.api, id, room.config.engineTimeout).catch(ignore)
  return state?.running === true
}

function ignore(): undefined {}

/** Undefined when the engine cannot tell: then the exit code is all that is known. */
async function lastState(room: Room, id: string, exitCode: number): Promise<ContainerState | undefined> {
  const ask = () => inspectContainer(room.api, id, room.config.engineTimeout).catch(() => undefined)
  const state = await ask()
  if (state === undefined || state.oomKilled || exitCode !== sigkilled) return state
  if ((await room.cgroupVersion()) === '1') return state
  await pause(flagDelay)
  return (await ask()) ?? state
}
