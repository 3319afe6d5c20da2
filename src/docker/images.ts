import { createHash } from 'node:crypto'
import type { ResolvedDockerConfig } from '../config.ts'
import { CookietinError } from '../errors.ts'
import { formatImage } from '../image-name.ts'
import type { RegistryAuth, ResolvedTask } from '../task.ts'
import type { Api } from './api.ts'
import { SharedFlights } from './flights.ts'
import { pullImage } from './pull.ts'

/** Brings images to the engine. */
export class Images {
  readonly #api: Api
  readonly #config: ResolvedDockerConfig
  readonly #flights = new SharedFlights()

  constructor(api: Api, config: ResolvedDockerConfig) {
    this.#api = api
    this.#config = config
  }

  /**
   * Asks the registry for the task's image. Tasks that ask for the same image with the same credentials at the same time share one
   * transfer, which is aborted when the last of them has given up.
   */
  async pull(task: ResolvedTask, signal: AbortSignal): Promise<void> {
    const image = formatImage(task.imageName)
    const auth = await credentials(task, image, signal)
    await this.#flights.join(`${image} ${hash(auth)}`, signal, `pull image ${image}`, transfer =>
      pullImage(this.#api, {
        image,
        name: task.imageName,
        auth,
        timeout: this.#config.pullTimeout,
        idleTimeout: this.#config.pullIdleTimeout,
        engineTimeout: this.#config.engineTimeout,
        signal: transfer,
      }),
    )
  }
}

async function credentials(task: ResolvedTask, image: string, signal: AbortSignal): Promise<RegistryAuth | undefined> {
  if (typeof task.auth !== 'function') return task.auth
  try {
    return await task.auth(task.imageName, { signal })
  } catch (cause) {
    throw new CookietinError('ERR_COOKIETIN_IMAGE_AUTH', `Could not pull image ${image}: its auth function failed`, {
      cause,
    })
  }
}

/** Credentials are never a key, which may be printed. */
function hash(auth: RegistryAuth | undefined): string {
  return auth === undefined ? '' : createHash('sha256').update(JSON.stringify(auth)).digest('hex')
}
