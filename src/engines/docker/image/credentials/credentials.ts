import type { RegistryAuth } from '../../../../task/task.ts'
import { SharedFlights } from '../../../../utils/single-flight.ts'
import type { Env } from '../../config/config.ts'
import { hostOf, type Registries } from '../../config/registries.ts'
import { findInDockerConfig } from './docker-config.ts'
import { askHelper } from './helper.ts'

/** What a driver knows of registries: its config's own list first, then Docker's config. */
export class Credentials {
  readonly #registries: Registries
  readonly #env: Env
  readonly #deadline: number
  readonly #lookups = new SharedFlights<{ readonly auth: RegistryAuth | undefined }>()

  /** `deadline`: ms for a credential helper. */
  constructor(registries: Registries, env: Env, deadline: number) {
    this.#registries = registries
    this.#env = env
    this.#deadline = deadline
  }

  /**
   * The credentials for a registry as an image names it (`''`: Docker's hub); undefined: anonymous. Looked up anew for each pull, since logins change, and once for
   * all who ask at the same time.
   */
  async find(registry: string, doing: string, signal: AbortSignal): Promise<RegistryAuth | undefined> {
    const host = hostOf(registry)
    let found = this.#registries.find(host)
    if (found !== undefined) return found
    const hear = ({ auth }: { readonly auth: RegistryAuth | undefined }) => {
      found = auth
    }
    await this.#lookups.join(host, { signal, doing, hear }, async (shared, tell) =>
      tell({ auth: await this.#lookUp(host, doing, shared) }),
    )
    return found
  }

  async #lookUp(host: string, doing: string, signal: AbortSignal): Promise<RegistryAuth | undefined> {
    const found = await findInDockerConfig(host, this.#env)
    if (found?.helper === undefined) return found?.auth
    return (await askHelper({ ...found.helper, doing, deadline: this.#deadline, signal, env: this.#env })) ?? found.auth
  }
}
