import { resolveDockerConfig } from '../../engines/docker/config/config.ts'
import { connect } from '../../engines/docker/connection/connect.ts'
import { Liveness } from '../../engines/docker/connection/liveness.ts'
import type { EngineContext } from '../../engines/docker/engine-context.ts'

/** An engine, for calls without a driver: a driver removes orphans when it starts. */
export type DockerAccess = Pick<EngineContext, 'api' | 'config' | 'liveness'>

/** Connects to the engine of the environment for one act. */
export async function withDocker<T>(act: (docker: DockerAccess) => Promise<T>): Promise<T> {
  const config = resolveDockerConfig({}, process.env)
  const { api, close, revive } = await connect(config, process.env)
  const liveness = new Liveness(api, { interval: config.engineTimeout, deadline: config.engineTimeout, revive })
  try {
    return await act({ api, config, liveness })
  } finally {
    liveness.close()
    await close()
  }
}
