import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Env, resolveDockerConfig } from '../engines/docker/config/config.ts'
import type { DockerConfig, FnConfig } from '../engines/docker/config/docker-config.ts'
import { connect } from '../engines/docker/connection/connect.ts'
import { guardInspect } from '../utils/actors/inspectable.ts'
import type { DockerDriver, DockerDriverOptions } from './docker-driver.ts'

/** Connects to a Docker Engine. The code of the engine is loaded while the engine answers. */
export async function openDocker(
  config: DockerConfig | FnConfig,
  { inspect }: DockerDriverOptions,
  env: Env,
): Promise<DockerDriver> {
  const resolved = resolveDockerConfig(config, env)
  const connecting = connect(resolved, env)
  // It is awaited below, unless the code cannot be loaded.
  connecting.catch(() => {})
  // Loading blocks this process: the question goes out before.
  for (let turn = 0; turn < turnsToSend; turn++) await nextTurn()
  const { DockerEngineDriver, openDockerEngine } = await import('./docker-driver.ts')
  const engine = await openDockerEngine(await connecting, resolved, env, guardInspect(inspect))
  return new DockerEngineDriver(engine, resolved)
}

/** After so many turns of the event loop, a request to a local socket is written: it connects in one, and writes in the next. */
const turnsToSend = 2
