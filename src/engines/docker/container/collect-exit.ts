import type { Exit } from '../../../../machines/cookie-types.ts'
import { CookietinError } from '../../../errors.ts'
import { redact } from '../../../utils/redact.ts'
import { pause, settles } from '../../../utils/timing.ts'
import type { EngineContext } from '../engine-context.ts'
import type { AttachedOutput, OutputEnd } from './attached-output.ts'
import type { ExitWatch, WaitReply } from './exit-watch.ts'
import { type ContainerRef, type ContainerState, inspectContainer } from './inspect.ts'

const sigkillExitCode = 137
/** The engine may set the OOM flag after the exit: on cgroup v2 (containerd#8893), and under load also on v1. ms. */
const oomFlagDelay = 100
/** If no exit arrives within this time (ms) of the output's end, the engine is asked whether the container runs. */
const exitDelay = 100

/** The facts about an exit that the engine has reported. */
export interface ExitDetails {
  readonly reply: WaitReply
  readonly output: AttachedOutput
  /** The result of {@link outputWasCut}. */
  readonly wasCut: boolean
  /** A kill or a removal was requested before the exit. */
  readonly wasKilled: boolean
  /** Values to mask in messages. */
  readonly secrets: readonly string[]
}

/** Waits for the rest of the output and meanwhile inspects the container. */
export async function collectExit(
  context: EngineContext,
  { id, name }: ContainerRef,
  { reply, output, wasCut, wasKilled, secrets }: ExitDetails,
): Promise<Exit> {
  const seenAt = performance.now()
  if (reply.message !== '' && reply.exitCode !== 0) {
    // The engine failed, for example on a full disk. The task is not to blame.
    throw new CookietinError(
      'ERR_COOKIETIN_START_FAILED',
      `Container ${name} did not run to its end: the engine reports "${redact(reply.message, secrets)}"`,
    )
  }
  const { outputTimeout } = context.config
  const [end, state] = await Promise.all([
    output.finish(outputTimeout),
    lastState(context, id, { exitCode: reply.exitCode, wasKilled }),
  ])
  // An engine that dies ends the stream as cleanly as a container does.
  const isEarly = end.at < reply.reachableSince || seenAt - end.at > outputTimeout
  const messages = [state?.message, output.systemText].filter(text => text !== undefined && text !== '')
  return {
    exitCode: reply.exitCode,
    oomKilled: state?.oomKilled ?? false,
    outputTruncated: !end.complete || isEarly || wasCut || output.systemText !== '',
    message: redact(messages.join('; '), secrets) || undefined,
  }
}

/** The parts of a run that {@link outputWasCut} looks at. */
export interface CutCheck {
  readonly watch: ExitWatch
  readonly output: AttachedOutput
  /** When the start call was sent, by `performance.now()`. */
  readonly startedAt: number
  /** The container has an init process, which keeps its outputs open as long as it lives. */
  readonly init: boolean
}

/**
 * Resolves with true when the output ended although the container runs on: a container with an init process cannot have
 * closed it. A cut connection looks like one that has ended. So the engine is asked, unless the exit follows at once,
 * as it does after an ordinary end.
 */
export async function outputWasCut(
  { api, config }: EngineContext,
  id: string,
  { watch, output, startedAt, init }: CutCheck,
): Promise<boolean> {
  const end = await Promise.race<OutputEnd | undefined>([output.ended, watch.ended.then(ignore, ignore)])
  if (end === undefined) return false
  if (end.at < startedAt) return true
  if (!init || (await settles(watch.ended, exitDelay))) return false
  const state = await inspectContainer(api, id, config.engineTimeout).catch(ignore)
  return state?.running === true
}

/** Resolves with undefined when the engine cannot report it. Then only the exit code is known. */
async function lastState(
  context: EngineContext,
  id: string,
  { exitCode, wasKilled }: { readonly exitCode: number; readonly wasKilled: boolean },
): Promise<ContainerState | undefined> {
  const inspect = () => inspectContainer(context.api, id, context.config.engineTimeout).catch(ignore)
  const state = await inspect()
  if (state === undefined || state.oomKilled || exitCode !== sigkillExitCode) return state
  if (wasKilled && (await context.cgroupVersion()) === '1') return state
  await pause(oomFlagDelay)
  return (await inspect()) ?? state
}

function ignore(): undefined {}
