import { createHash } from 'node:crypto'
import type { ResolvedDockerConfig } from '../config.ts'
import { CookietinError } from '../errors.ts'
import { formatImage } from '../image-name.ts'
import type { RegistryAuth, ResolvedTask } from '../task.ts'
import { type Api, cancelledError } from './api.ts'
import { SharedFlights } from './flights.ts'
import { pullImage } from './pull.ts'
import { unlessAborted, within } from './timing.ts'

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
    const auth = await this.#credentials(task, image, signal)
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

  /** The task's credentials; where a function finds them, it gets as long as a pull may take without progress. */
  async #credentials(task: ResolvedTask, image: string, signal: AbortSignal): Promise<RegistryAuth | undefined> {
    const { auth } = task
    if (typeof auth !== 'function') return auth
    const doing = `pull image ${image}`
    const find = async () => await auth(task.imageName, { signal })
    try {
      return await unlessAborted(within(find(), this.#config.pullIdleTimeout, doing), signal, doing)
    } catch (cause) {
      if (signal.aborted) throw cancelledError(doing, signal.reason)
      const late = cause instanceof CookietinError && cause.code === 'ERR_COOKIETIN_ENGINE_TIMEOUT'
      const what = late ? `gave nothing within ${this.#config.pullIdleTimeout} ms` : 'failed'
      throw new CookietinError('ERR_COOKIETIN_IMAGE_AUTH', `Could not ${doing}: its auth function ${what}`, { cause })
    }
  }
}

/** Credentials are never a key, which may be printed. */
function hash(auth: RegistryAuth | undefined): string {
  return auth === undefined ? '' : createHash('sha256').update(JSON.stringify(auth)).digest('hex')
}
