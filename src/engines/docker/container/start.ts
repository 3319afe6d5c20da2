import type { Duplex } from 'node:stream'
import type { Exit } from '../../../../machines/cookie-types.ts'
import { CookietinError } from '../../../errors.ts'
import { within } from '../../../utils/timing.ts'
import type { ContainerStreams } from '../../engine.ts'
import { isLostReply, replyOf } from '../connection/errors.ts'
import type { Room } from '../engine-context.ts'
import { AttachedOutput } from './attached-output.ts'
import { ExitWatch } from './exit-watch.ts'
import { containerPath, inspectContainer } from './inspect.ts'

/** A container that is about to be started, with everything in place that sees what it does. */
export interface Poised {
  readonly watch: ExitWatch
  readonly output: AttachedOutput
  readonly stream: Duplex
}

/** One container, by its id and its name. */
export interface Named {
  readonly id: string
  readonly name: string
}

/**
 * The last steps before a start, in the only order that loses nothing: the wait is registered, then the streams are attached.
 * The attach comes last, since one to a container that never starts costs the engine a descriptor for ever.
 */
export async function poise(
  room: Room,
  { id, name }: Named,
  streams: ContainerStreams,
  terminal: boolean,
): Promise<Poised> {
  const { api, liveness, config } = room
  const { engineTimeout, reconnectTimeout } = config
  const watch = await ExitWatch.register({
    ...{ api, liveness, id, name, reconnectTimeout },
    deadline: engineTimeout,
    doubtful: room.podman,
  })
  try {
    const stream = await api.upgrade({
      doing: `attach to container ${name}`,
      method: 'POST',
      path: containerPath(id, '/attach'),
      query: { stream: '1', stdin: streams.stdin === undefined ? '0' : '1', stdout: '1', stderr: '1' },
      deadline: engineTimeout,
    })
    return { watch, stream, output: new AttachedOutput(stream, streams.stdout, streams.stderr, terminal) }
  } catch (error) {
    watch.close()
    throw error
  }
}

/** Sends the start; aborted only when the container is being removed, since an aborted start starts all the same. */
export async function sendStart(
  room: Room,
  { id, name }: Named,
  secrets: readonly string[],
  abandoned: AbortSignal,
): Promise<void> {
  const send = () =>
    room.api.request({
      doing: `start container ${name}`,
      method: 'POST',
      path: containerPath(id, '/start'),
      deadline: undefined,
      signal: abandoned,
      secrets,
    })
  try {
    await send()
  } catch (error) {
    if (!isLostReply(error)) throw error
    if (!(await hasStarted(room, id, name, error))) await send()
  }
}

/** After a lost reply. A second start of a started container is refused with 304, so it is safe to send it again. */
async function hasStarted(room: Room, id: string, name: string, cause: unknown): Promise<boolean> {
  const { engineTimeout, reconnectTimeout } = room.config
  if (await room.liveness.found(reconnectTimeout)) {
    const state = await inspectContainer(room.api, id, engineTimeout).catch(() => undefined)
    if (state !== undefined) return state.started
  }
  throw new CookietinError(
    'ERR_COOKIETIN_ENGINE_LOST',
    `Lost the engine while container ${name} was starting, and could not find out whether it runs`,
    { leaked: [name], retryable: true, cause },
  )
}

/** A start that failed for want of its command is an exit, as a shell has it: 127 not found, 126 not executable. */
export async function exitOfFailedStart(room: Room, id: string, error: unknown): Promise<Exit | undefined> {
  const reply = replyOf(error)
  if (reply === undefined) return undefined
  const told = exitByWords(error)
  if (told !== undefined) return told
  const state = await inspectContainer(room.api, id, room.config.engineTimeout).catch(() => undefined)
  if (state === undefined || (state.exitCode !== 126 && state.exitCode !== 127)) return undefined
  return { exitCode: state.exitCode, oomKilled: false, outputTruncated: false, message: reply.text }
}

/** The same in Podman's words, which it says to the attach: it makes the process then, and remembers no exit code. */
export function exitByWords(error: unknown): Exit | undefined {
  const text = replyOf(error)?.text ?? ''
  const exitCode = /attempted to invoke a command that was not found/.test(text)
    ? 127
    : /exec: .*permission denied: OCI permission denied/.test(text)
      ? 126
      : undefined
  return exitCode === undefined ? undefined : { exitCode, oomKilled: false, outputTruncated: false, message: text }
}

/** The error of a start that the engine refused, whatever it blames: it had taken the task when it created the container. */
export function startError(error: unknown): unknown {
  const reply = replyOf(error)
  if (!(error instanceof CookietinError) || reply === undefined) return error
  const general = ['ERR_COOKIETIN_ENGINE_ERROR', 'ERR_COOKIETIN_INVALID_STATE']
  if (!general.includes(error.code)) return error
  return new CookietinError('ERR_COOKIETIN_START_FAILED', error.message, { cause: reply, retryable: error.retryable })
}

/** As {@link sendStart} within a deadline, after which it goes on by itself. */
export function startWithin(start: Promise<void>, name: string, deadline: number): Promise<void> {
  return within(start, deadline, `start container ${name}`)
}
