import { resolveDockerConfig } from '../../engines/docker/config/config.ts'
import { connect } from '../../engines/docker/connection/connect.ts'
import { Liveness } from '../../engines/docker/connection/liveness.ts'
import type { EngineContext } from '../../engines/docker/engine-context.ts'
import { unlessInterrupted } from '../interruption.ts'

/** An engine, for calls without a driver: a driver removes orphans when it starts. */
export type DockerAccess = Pick<EngineContext, 'api' | 'config' | 'liveness'>

/**
 * Connects to the engine of the environment for one act, which the signal of the command's interrupts ends.
 *
 * @throws Interruption when the act fails after the command was interrupted.
 */
export async function withDocker<T>(signal: AbortSignal, act: (docker: DockerAccess) => Promise<T>): Promise<T> {
  const config = resolveDockerConfig({}, process.env)
  const { api, close, revive } = await unlessInterrupted(connect(config, process.env), signal)
  const liveness = new Liveness(api, { interval: config.engineTimeout, deadline: config.engineTimeout, revive })
  try {
    return await act({ api, config, liveness })
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    liveness.close()
    await close()
  }
}
