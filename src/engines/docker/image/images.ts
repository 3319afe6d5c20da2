import { createHash } from 'node:crypto'
import { CookietinError } from '../../../errors.ts'
import { formatImage } from '../../../task/image-name.ts'
import type { RegistryAuth, ResolvedTask } from '../../../task/task.ts'
import type { Inspect } from '../../../utils/actors/inspectable.ts'
import { SharedFlights } from '../../../utils/single-flight.ts'
import { unlessAborted, within } from '../../../utils/timing.ts'
import type { PullProgress } from '../../pull-progress.ts'
import type { ResolvedDockerConfig } from '../config/config.ts'
import { type Api, cancelledError } from '../connection/api.ts'
import type { MovedListener } from '../transitions.ts'
import type { Credentials } from './credentials/credentials.ts'
import { makePresent } from './image-actor.ts'
import { hasImage, pullImage } from './pull.ts'

/** Brings images to the engine. */
export class Images {
  readonly #api: Api
  readonly #config: ResolvedDockerConfig
  readonly #credentials: Credentials
  readonly #moved: MovedListener
  readonly #inspect: Inspect | undefined
  readonly #flights = new SharedFlights<PullProgress>()

  constructor(
    api: Api,
    config: ResolvedDockerConfig,
    credentials: Credentials,
    moved: MovedListener,
    inspect: Inspect | undefined,
  ) {
    this.#api = api
    this.#config = config
    this.#credentials = credentials
    this.#moved = moved
    this.#inspect = inspect
  }

  /**
   * Makes the task's image present by its pull policy. Tasks that want the same image with the same credentials at the same time share one
   * actor, which is cancelled when the last of them has given up.
   */
  async makePresent(task: ResolvedTask, signal: AbortSignal, hear: (progress: PullProgress) => void): Promise<void> {
    const image = formatImage(task.imageName)
    const doing = `pull image ${image}`
    const auth = task.pull === 'never' ? undefined : await this.#findAuth(task, doing, signal)
    await this.#flights.join(
      `${image} ${task.pull} ${hash(auth)}`,
      { signal, doing, hear },
      async (shared, tell) => await this.#work(task, auth, shared, tell),
    )
  }

  async #work(
    { imageName: name, pull: policy }: ResolvedTask,
    auth: RegistryAuth | undefined,
    signal: AbortSignal,
    tell: (progress: PullProgress) => void,
  ): Promise<void> {
    const image = formatImage(name)
    const { pullRetries, pullRetryDelay, pullRetryMaxDelay, pullTimeout, pullIdleTimeout, engineTimeout } = this.#config
    await makePresent(
      {
        image,
        policy,
        retries: pullRetries,
        retryDelay: pullRetryDelay,
        retryMaxDelay: pullRetryMaxDelay,
        jitter: Math.random(),
        timeout: pullTimeout,
      },
      {
        look: () => hasImage(this.#api, image, engineTimeout),
        pull: ({ onProgress: hear, ...options }) =>
          pullImage(this.#api, { image, name, auth, idleTimeout: pullIdleTimeout, engineTimeout, ...options, hear }),
      },
      {
        signal,
        onProgress: tell,
        onTransition: (from, to, event, { attempt, retryIn, error }) =>
          this.#moved({ machine: 'image', id: image, from, to, event, attempt, retryIn, error }),
        inspect: this.#inspect,
      },
    )
  }

  /** The task's own credentials beat those that the driver knows; where a function finds them, it gets as long as a pull may take without progress. */
  async #findAuth(task: ResolvedTask, doing: string, signal: AbortSignal): Promise<RegistryAuth | undefined> {
    const { auth, imageName } = task
    if (auth === undefined) return await this.#credentials.find(imageName.registry, doing, signal)
    if (typeof auth !== 'function') return auth
    const find = async () => await auth(imageName, { signal })
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
