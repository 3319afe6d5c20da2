import { resolveDockerConfig } from '../engines/docker/config/config.ts'
import type { DockerConfig, FnConfig } from '../engines/docker/config/docker-config.ts'
import { createDockerEngine } from '../engines/docker/engine.ts'
import { type ProcessConfig, resolveProcessConfig } from '../engines/process/config.ts'
import { createProcessEngine } from '../engines/process/engine.ts'
import { guardInspect } from '../utils/actors/inspectable.ts'
import { type DockerDriver, type DockerDriverOptions, DockerEngineDriver } from './docker-driver.ts'
import type { Driver } from './driver.ts'
import { EngineDriver } from './engine-driver.ts'

/**
 * Connects to a Docker Engine: the config's `docker`, else `DOCKER_HOST`, else the current docker context, else the default sockets.
 *
 * Every key of the config can also come from the environment (`COOKIETIN_DOCKER_NETWORKS`). The config overrides the environment.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, which lists every bad key.
 * @throws CookietinError `ERR_COOKIETIN_ENGINE_UNREACHABLE`, with the addresses that were tried.
 *
 * @example
 * await using driver = await createDockerDriver({ preForkPoolSize: 4 })
 */
export async function createDockerDriver(
  config: DockerConfig | FnConfig = {},
  { inspect }: DockerDriverOptions = {},
): Promise<DockerDriver> {
  const resolved = resolveDockerConfig(config, process.env)
  return new DockerEngineDriver(await createDockerEngine(resolved, process.env, guardInspect(inspect)), resolved)
}

/**
 * Runs tasks as process groups of this machine, **without any isolation**: a task can do everything that this process can.
 * For machines without an engine, quick tests and demos. The image is ignored, limits are not enforced, and fields that promise isolation
 * are refused.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, which lists every bad key.
 *
 * @example
 * await using driver = await createProcessDriver()
 */
export async function createProcessDriver(config: ProcessConfig = {}): Promise<Driver> {
  return new EngineDriver(createProcessEngine(resolveProcessConfig(config, process.env)))
}
