import type { DockerConfig, FnConfig } from '../engines/docker/config/docker-config.ts'
import type { ProcessConfig } from '../engines/process/config.ts'
import type { DockerDriver, DockerDriverOptions } from './docker-driver.ts'
import type { Driver } from './driver.ts'

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
  options: DockerDriverOptions = {},
): Promise<DockerDriver> {
  // The environment of the call: it may change while the engine's code is loaded, which a program without a driver does without.
  const env = { ...process.env }
  const { openDocker } = await import('./open-docker.ts')
  return await openDocker(config, options, env)
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
  const env = { ...process.env }
  const { openProcesses } = await import('./open-processes.ts')
  return openProcesses(config, env)
}
