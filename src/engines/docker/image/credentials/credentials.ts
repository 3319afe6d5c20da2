import type { RegistryAuth } from '../../../../task/task.ts'
import { SingleFlight } from '../../../../utils/single-flight.ts'
import type { Env } from '../../config/config.ts'
import { hostOf, type Registries } from '../../config/registries.ts'
import { findInDockerConfig } from './docker-config.ts'
import { askHelper } from './helper.ts'

/** The credentials that a driver knows: first those of its config, then those of Docker's config. */
export class Credentials {
  readonly #registries: Registries
  readonly #env: Env
  readonly #deadline: number
  readonly #lookups = new SingleFlight<{ readonly auth: RegistryAuth | undefined }>()

  /** `deadline`: time limit of a credential helper, in ms. */
  constructor(registries: Registries, env: Env, deadline: number) {
    this.#registries = registries
    this.#env = env
    this.#deadline = deadline
  }

  /**
   * Finds the credentials for a registry as an image names it (`''`: Docker Hub). Undefined means anonymous access.
   * Logins change, so they are looked up for each pull, once for all callers at the same time.
   */
  async find(registry: string, doing: string, signal: AbortSignal): Promise<RegistryAuth | undefined> {
    const host = hostOf(registry)
    let found = this.#registries.find(host)
    if (found !== undefined) return found
    const onProgress = ({ auth }: { readonly auth: RegistryAuth | undefined }) => {
      found = auth
    }
    await this.#lookups.run(host, { signal, doing, onProgress }, async (shared, report) =>
      report({ auth: await this.#lookUp(host, doing, shared) }),
    )
    return found
  }

  async #lookUp(host: string, doing: string, signal: AbortSignal): Promise<RegistryAuth | undefined> {
    const found = findInDockerConfig(host, this.#env)
    if (found?.helper === undefined) return found?.auth
    return (await askHelper({ ...found.helper, doing, deadline: this.#deadline, signal, env: this.#env })) ?? found.auth
  }
}
