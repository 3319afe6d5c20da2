import { CookietinError } from '../errors.ts'
import type { Exit } from '../exit.ts'
import type { Ended } from './exit-watch.ts'
import { type ContainerState, inspectContainer } from './inspect.ts'
import type { AttachedOutput } from './output.ts'
import type { Room } from './room.ts'
import type { Named } from './start.ts'
import { pause } from './timing.ts'

const sigkilled = 137
/** On cgroup v2 the flag may come after the exit (containerd#8893). ms. */
const flagDelay = 100

/** Waits for the rest of the output, and asks the engine meanwhile what it knows of the end. */
export async function exitWithEvidence(
  room: Room,
  { id, name }: Named,
  ended: Ended,
  output: AttachedOutput,
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
  // An engine that dies ends the stream as cleanly as a container does: an end long before the exit is none.
  const early = seenAt - end.at > patience
  return {
    exitCode: ended.exitCode,
    oomKilled: state?.oomKilled ?? false,
    outputTruncated: !end.complete || early || ended.engineWasLost || output.systemText !== '',
    message:
      [state?.message, output.systemText].filter(text => text !== undefined && text !== '').join('; ') || undefined,
  }
}

/** Undefined when the engine cannot tell: then the exit code is all that is known. */
async function lastState(room: Room, id: string, exitCode: number): Promise<ContainerState | undefined> {
  const ask = () => inspectContainer(room.api, id, room.config.engineTimeout).catch(() => undefined)
  const state = await ask()
  if (state === undefined || state.oomKilled || exitCode !== sigkilled) return state
  if ((await room.cgroupVersion()) === '1') return state
  await pause(flagDelay)
  return (await ask()) ?? state
}
