import type { Duplex } from 'node:stream'
import type { Exit } from '../../../../machines/types/cookie.ts'
import { CookietinError } from '../../../errors.ts'
import type { ContainerStreams } from '../../engine.ts'
import { type EngineReply, isLostReply, replyOf } from '../connection/errors.ts'
import { containerPath } from '../connection/paths.ts'
import type { EngineContext } from '../engine-context.ts'
import { AttachedOutput } from './attached-output.ts'
import { ExitWatch } from './exit/exit-watch.ts'
import { type ContainerRef, inspectContainer } from './inspect.ts'

/** The connections of a container that is about to be started. */
export interface Attachment {
  readonly watch: ExitWatch
  readonly output: AttachedOutput
  readonly stream: Duplex
}

/**
 * Registers the wait, then attaches the streams: the only order that loses neither the exit nor output. The attach is
 * the last call before the start, since an attach to a container that never starts leaks a descriptor in the engine.
 */
export async function attachBeforeStart(
  { api, liveness, config, podman }: EngineContext,
  { id, name }: ContainerRef,
  { streams, terminal }: { readonly streams: ContainerStreams; readonly terminal: boolean },
): Promise<Attachment> {
  const { engineTimeout, reconnectTimeout } = config
  const watch = await ExitWatch.register({
    ...{ api, liveness, id, name, reconnectTimeout },
    deadline: engineTimeout,
    isWaitUnreliable: podman,
  })
  try {
    const stream = await api.upgrade({
      doing: `attach to container ${name}`,
      method: 'POST',
      path: containerPath(id, '/attach'),
      query: { stream: '1', stdin: streams.stdin === undefined ? '0' : '1', stdout: '1', stderr: '1' },
      deadline: engineTimeout,
    })
    return { watch, stream, output: new AttachedOutput(stream, { ...streams, raw: terminal }) }
  } catch (error) {
    watch.close()
    throw error
  }
}

/** The options of a start call. */
export interface StartOptions {
  /** Values to mask in errors. */
  readonly secrets: readonly string[]
  /** Aborted only while the container is being removed: the engine carries out an aborted start nevertheless. */
  readonly abandoned: AbortSignal
}

/**
 * Starts a container. After a lost reply, the engine is asked whether it has started, and the call is sent again if
 * not.
 *
 * @returns false when a reply was lost.
 */
export async function sendStart(
  context: EngineContext,
  container: ContainerRef,
  { secrets, abandoned }: StartOptions,
): Promise<boolean> {
  const send = () =>
    context.api.request({
      doing: `start container ${container.name}`,
      method: 'POST',
      path: containerPath(container.id, '/start'),
      deadline: undefined,
      signal: abandoned,
      secrets,
    })
  try {
    await send()
    return true
  } catch (error) {
    if (!isLostReply(error)) throw error
    // A second start is safe: for a container that runs, the engine answers 304.
    if (!(await hasStarted(context, container, error))) await send()
    return false
  }
}

async function hasStarted(
  { api, config, liveness }: EngineContext,
  { id, name }: ContainerRef,
  cause: unknown,
): Promise<boolean> {
  const { engineTimeout, reconnectTimeout } = config
  if (await liveness.found(reconnectTimeout)) {
    const state = await inspectContainer(api, id, engineTimeout).catch(() => undefined)
    if (state !== undefined) return state.started
  }
  throw new CookietinError(
    'ERR_COOKIETIN_ENGINE_LOST',
    `Lost the engine while container ${name} was starting, and could not find out whether it runs`,
    { leaked: [name], retryable: true, cause },
  )
}

/** The exit of a start that failed because of its command: 127 for not found, 126 for not executable, as in a shell. */
export async function exitOfFailedStart(
  { api, config }: EngineContext,
  { id }: ContainerRef,
  error: unknown,
): Promise<Exit | undefined> {
  const reply = replyOf(error)
  if (reply === undefined) return undefined
  const exit = exitOfFailedAttach(error)
  if (exit !== undefined) return exit
  // The engine also uses these codes for mounts and folders that the runtime may not use.
  if (!/\bexec(?:utable)?\b/i.test(reply.said) || isMountError(reply) || isInitError(reply)) return undefined
  const state = await inspectContainer(api, id, config.engineTimeout).catch(() => undefined)
  if (state === undefined || (state.exitCode !== 126 && state.exitCode !== 127)) return undefined
  return { exitCode: state.exitCode, oomKilled: false, outputTruncated: false, message: reply.text }
}

/** The same for Podman, which makes the process on attach. It reports the failure in words and keeps no exit code. */
export function exitOfFailedAttach(error: unknown): Exit | undefined {
  const { said = '', text: message = '' } = replyOf(error) ?? {}
  const exit = { oomKilled: false, outputTruncated: false, message }
  if (/attempted to invoke a command that was not found/.test(said)) return { ...exit, exitCode: 127 }
  if (/exec: .*permission denied: OCI permission denied/.test(said)) return { ...exit, exitCode: 126 }
  return undefined
}

/** The error of a wait or an attach that the engine refused before the start. */
export function attachError(error: unknown): unknown {
  const reply = replyOf(error)
  return reply !== undefined && isRemoved(reply) ? startError(error) : error
}

function isMountError({ said }: EngineReply): boolean {
  if (/error mounting|mounting .* to rootfs|mount .* through procfd/i.test(said)) return true
  // The engine asks this of every "not a directory", also that of the command.
  return /are you trying to mount/i.test(said) && !/\bexec: "/.test(said)
}

/** The engine's init process could not be executed: it is not the command that is wrong. */
const isInitError = ({ said }: EngineReply) => /exec: "\/sbin\/docker-init"/.test(said)

/**
 * The error of a start that the engine refused. Mostly it is not an invalid task: the engine accepted the task on
 * create.
 */
export function startError(error: unknown): unknown {
  const reply = replyOf(error)
  if (!(error instanceof CookietinError) || reply === undefined) return error
  if (isMountError(reply) && /not a directory/i.test(reply.said)) {
    const message = `${error.message}. A file can be mounted only on a file, and a folder only on a folder`
    return new CookietinError('ERR_COOKIETIN_INVALID_TASK', message, { cause: reply })
  }
  if (isInitError(reply)) {
    const message = `${error.message}. The engine starts the command by /sbin/docker-init: mount nothing over it, or set init: false`
    return new CookietinError('ERR_COOKIETIN_INVALID_TASK', message, { cause: reply })
  }
  const general = ['ERR_COOKIETIN_ENGINE_ERROR', 'ERR_COOKIETIN_INVALID_STATE']
  if (!general.includes(error.code)) return error
  const retryable = error.retryable || isRemoved(reply)
  return new CookietinError('ERR_COOKIETIN_START_FAILED', error.message, { cause: reply, retryable })
}

/** Another client has removed the container. */
function isRemoved({ status, said }: EngineReply): boolean {
  return (status === 404 && /no such container/i.test(said)) || (status === 409 && /marked for removal/i.test(said))
}
