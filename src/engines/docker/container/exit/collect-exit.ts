import type { Exit } from '../../../../../machines/types/cookie.ts'
import { CookietinError } from '../../../../errors.ts'
import { redact } from '../../../../utils/redact.ts'
import { pause } from '../../../../utils/timing.ts'
import type { EngineContext } from '../../engine-context.ts'
import type { AttachedOutput } from '../attached-output.ts'
import { type ContainerRef, type ContainerState, inspectContainer } from '../inspect.ts'
import type { WaitReply } from './exit-watch.ts'
import { killEvidence } from './kill-evidence.ts'
import { type StartTimes, wasCut } from './output-cut.ts'

const sigkillExitCode = 137
/** The engine may set the OOM flag after the exit: on cgroup v2 (containerd#8893), and under load also on v1. ms. */
const oomFlagDelay = 100

/** The facts about an exit that the engine has reported. */
export interface ExitDetails {
  readonly reply: WaitReply
  readonly output: AttachedOutput
  /** Why the init process could not execute the command. Called once the output has ended. */
  readonly initError: () => string | undefined
  readonly start: StartTimes
  /** The container has an init process. */
  readonly init: boolean
  /** A kill or a removal was requested before the exit. */
  readonly wasKilled: boolean
  /** The numbers of the signals that were sent on request: these do not come from outside. */
  readonly sent: ReadonlySet<number>
  /** Called with the id of the image that the container was made of, where the engine tells it. */
  readonly onImage: (id: string) => void
  /** Values to mask in messages. */
  readonly secrets: readonly string[]
}

/**
 * Waits for the rest of the output and meanwhile inspects the container.
 *
 * @throws CookietinError `ERR_COOKIETIN_START_FAILED` when the exit code does not tell how the task ended.
 */
export async function collectExit(
  context: EngineContext,
  container: ContainerRef,
  { reply, output, initError, start, init, wasKilled, sent, onImage, secrets }: ExitDetails,
): Promise<Exit> {
  const { id, name } = container
  const exitSeenAt = performance.now()
  const { exitCode, reachableSince } = reply
  // The engine failed, for example on a full disk. The task is not to blame.
  if (reply.message !== '' && exitCode !== 0)
    throw brokenRun(name, `the engine reports "${redact(reply.message, secrets)}"`)
  const { outputTimeout } = context.config
  const [end, state] = await Promise.all([
    output.finish(outputTimeout),
    lastState(context, id, { exitCode, wasKilled }),
  ])
  if (state !== undefined && state.imageId !== '') onImage(state.imageId)
  // The engine resets the exit code when it starts a container again. Then a code of 0 may be that of the new start.
  if (exitCode === 0 && state !== undefined && (state.running || state.restarts > 0)) {
    throw brokenRun(name, 'it was started again from outside, so its exit code is not known')
  }
  const wasLost = reachableSince > 0
  // An engine that dies ends the stream as cleanly as a container does.
  const isEarly = end.at < reachableSince || exitSeenAt - end.at > outputTimeout
  const initFailure = init && [1, 126, 127].includes(exitCode) ? initError() : undefined
  // tini knows two causes by their exit codes, and has 1 for all others.
  const commandMissing = exitCode === 1 && initFailure !== undefined && missing.test(initFailure)
  const commandError = exitCode === 1 && !commandMissing ? undefined : initFailure
  const messages = [state?.message, output.systemText, commandError].filter(text => text !== undefined && text !== '')
  const isCut = !end.complete || isEarly || output.systemText !== ''
  return {
    exitCode,
    oomKilled: state?.oomKilled ?? false,
    ...(commandMissing && { commandMissing }),
    outputTruncated: isCut || (await wasCut(context, { end, start, init, state, exitSeenAt })),
    message: redact(messages.join('; '), secrets) || undefined,
    killedOutside:
      wasKilled || state?.oomKilled ? undefined : await killEvidence(context, container, { exitCode, wasLost, sent }),
  }
}

/** Why a command of this name cannot exist. */
const missing = /failed: (?:Not a directory|File name too long|Too many levels of symbolic links)$/

function brokenRun(name: string, reason: string): CookietinError {
  return new CookietinError('ERR_COOKIETIN_START_FAILED', `Container ${name} did not run to its end: ${reason}`, {
    retryable: true,
  })
}

/** Resolves with undefined when the engine cannot report it. Then only the exit code is known. */
async function lastState(
  context: EngineContext,
  id: string,
  { exitCode, wasKilled }: { readonly exitCode: number; readonly wasKilled: boolean },
): Promise<ContainerState | undefined> {
  const inspect = () => inspectContainer(context.api, id, context.config.engineTimeout / 2).catch(ignore)
  // What only the inspection tells, such as that memory ran out, is not lost by one call that fails.
  const state = (await inspect()) ?? (await inspect())
  if (state === undefined || state.oomKilled || exitCode !== sigkillExitCode) return state
  if (wasKilled && (await context.engineInfo())?.cgroupVersion === '1') return state
  await pause(oomFlagDelay)
  return (await inspect()) ?? state
}

function ignore(): undefined {}
