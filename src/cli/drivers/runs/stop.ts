import { replyOf } from '../../../engines/docker/connection/errors.ts'
import { containerPath } from '../../../engines/docker/connection/paths.ts'
import { thawGroup } from '../../../engines/docker/container/control/freezer-source.ts'
import { sendKill, sendSignal, sendUnpause, stopSignalOf } from '../../../engines/docker/container/control/signals.ts'
import { type ContainerRef, findPid, inspectContainer } from '../../../engines/docker/container/inspect.ts'
import { CookietinError, messageOf } from '../../../errors.ts'
import { settles } from '../../../utils/timing.ts'
import type { DockerAccess } from '../docker-access.ts'
import type { FoundRun } from './list.ts'

/** How a run is stopped. */
export interface StopOptions {
  /** The signal that asks it to end. Undefined: its own. */
  readonly signal: string | undefined
  /** How long it may take then, before it is killed, in ms. 0: it is killed at once. */
  readonly timeout: number
  /** Once aborted, nothing more is sent. */
  readonly aborted: AbortSignal
}

/** How a stop ended: by itself after the signal, by a kill, it had ended before, or it was given up. */
export type StopOutcome = 'ended' | 'killed' | 'over' | 'interrupted'

/**
 * Stops a run through the engine, by a signal and, after the timeout, a kill. One that is frozen is thawed first: it could not take the signal.
 *
 * @throws CookietinError for a run that has not started, cannot be thawed, or does not end.
 */
export async function stopRun(
  docker: DockerAccess,
  run: FoundRun,
  { signal, timeout, aborted }: StopOptions,
): Promise<StopOutcome> {
  const { engineTimeout } = docker.config
  const container: ContainerRef = { id: run.container, name: run.name }
  const state = await inspectContainer(docker.api, container.id, engineTimeout)
  if (state === undefined || (state.started && !state.running && !state.paused)) return 'over'
  if (!state.started) throw notStarted(run)
  const ending = new AbortController()
  const ended = untilEnded(docker, container, AbortSignal.any([ending.signal, aborted]))
  // It is looked at only after the signal.
  ended.catch(() => {})
  const isOver = async (ms: number) => (await settles(ended, ms)) && (await ended.then(() => true))
  try {
    const wanted = signal ?? (await stopSignalOf(docker, container))
    if (timeout > 0 && wanted !== 'SIGKILL') {
      await thaw(docker, run, container)
      await sendSignal(docker, container, { signal: wanted, ending: aborted })
      if (await isOver(timeout)) return aborted.aborted ? 'interrupted' : 'ended'
    }
    // Its owner may have frozen it again.
    await thaw(docker, run, container)
    await sendKill(docker, container, () => false)
    if (await isOver(engineTimeout)) return aborted.aborted ? 'interrupted' : 'killed'
    throw new CookietinError('ERR_COOKIETIN_ENGINE_ERROR', `Container ${run.name} runs on although it was killed`)
  } finally {
    ending.abort()
  }
}

/** Settles when the container has ended or is gone, and when the signal aborts. */
async function untilEnded({ api }: DockerAccess, { id, name }: ContainerRef, signal: AbortSignal): Promise<void> {
  const path = containerPath(id, '/wait')
  const query = { condition: 'not-running' }
  const call = {
    doing: `wait for the end of container ${name}`,
    method: 'POST' as const,
    path,
    query,
    deadline: undefined,
  }
  await api.request({ ...call, signal }).catch(error => {
    if (signal.aborted || replyOf(error)?.status === 404) return
    throw error
  })
}

/** The engine knows of its own freeze only. */
async function thaw(docker: DockerAccess, { mayBeFrozen }: FoundRun, container: ContainerRef): Promise<void> {
  const { api, config } = docker
  if (mayBeFrozen) {
    const pid = () => findPid(api, container.id, config.engineTimeout)
    await thawGroup(container.id, pid).catch(cause => {
      const message = `Container ${container.name} is frozen by its control group, and this process may not thaw it (${messageOf(cause)}). Try as the user that started it, or as root`
      throw new CookietinError('ERR_COOKIETIN_ENGINE_ERROR', message, { cause })
    })
  }
  const state = await inspectContainer(api, container.id, config.engineTimeout)
  if (state?.paused) await sendUnpause(docker, container)
}

function notStarted({ name, pid, owned }: FoundRun): CookietinError {
  const who = owned
    ? `process ${pid ?? 'that made it'} may start it at any time`
    : 'its process is dead, and `cookietin gc` removes it'
  return new CookietinError('ERR_COOKIETIN_INVALID_STATE', `Container ${name} was not started: ${who}`)
}
