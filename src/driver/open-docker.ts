import { type Env, resolveDockerConfig } from '../engines/docker/config/config.ts'
import type { DockerConfig, FnConfig } from '../engines/docker/config/docker-config.ts'
import { createDockerEngine } from '../engines/docker/engine.ts'
import { guardInspect } from '../utils/actors/inspectable.ts'
import { type DockerDriver, type DockerDriverOptions, DockerEngineDriver } from './docker-driver.ts'

/** Connects to a Docker Engine. */
export async function openDocker(
  config: DockerConfig | FnConfig,
  { inspect }: DockerDriverOptions,
  env: Env,
): Promise<DockerDriver> {
  const resolved = resolveDockerConfig(config, env)
  return new DockerEngineDriver(await createDockerEngine(resolved, env, guardInspect(inspect)), resolved)
}
