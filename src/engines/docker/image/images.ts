import { createHash } from 'node:crypto'
import { CookietinError, cancelledError } from '../../../errors.ts'
import { formatImage } from '../../../task/image-name.ts'
import type { ResolvedTask } from '../../../task/resolved-task.ts'
import type { RegistryAuth } from '../../../task/task.ts'
import type { Inspect } from '../../../utils/actors/inspectable.ts'
import { SingleFlight } from '../../../utils/single-flight.ts'
import type { PullProgress } from '../../pull-progress.ts'
import type { ResolvedDockerConfig } from '../config/config.ts'
import type { Api } from '../connection/api.ts'
import { unlessAborted, within } from '../connection/deadline.ts'
import { isDisconnected } from '../connection/errors.ts'
import { type Liveness, untilReachable } from '../connection/liveness.ts'
import type { TransitionListener } from '../transitions.ts'
import type { Credentials } from './credentials/credentials.ts'
import { hasImage, pullImage } from './pull.ts'

/** The options of {@link Images}. */
export interface ImagesOptions {
  readonly api: Api
  readonly liveness: Liveness
  readonly config: ResolvedDockerConfig
  readonly credentials: Credentials
  readonly onTransition: TransitionListener
  readonly inspect: Inspect | undefined
}

/** The options of {@link Images.makePresent}. */
export interface MakePresentOptions {
  readonly signal: AbortSignal
  /** Called with the latest progress at once, then with every change. */
  readonly onProgress: (progress: PullProgress) => void
}

/** Makes images present on the engine. */
export class Images {
  readonly #options: ImagesOptions
  readonly #pulls = new SingleFlight<PullProgress>()

  constructor(options: ImagesOptions) {
    this.#options = options
  }

  /**
   * Makes the task's image present by its pull policy. Tasks that need the same image with the same credentials at the
   * same time share one actor, which is cancelled when the last of them has given up.
   */
  async makePresent(task: ResolvedTask, { signal, onProgress }: MakePresentOptions): Promise<void> {
    const image = formatImage(task.imageName)
    const doing = `pull image ${image}`
    const auth = task.pull === 'never' ? undefined : await this.#findAuth(task, doing, signal)
    await this.#pulls.run(
      `${image} ${task.platform ?? ''} ${task.pull} ${hash(auth)}`,
      { signal, doing, onProgress },
      async (shared, report) => this.#makePresent(task, auth, { signal: shared, onProgress: report }),
    )
  }

  async #makePresent(
    { imageName: name, pull: policy, platform }: ResolvedTask,
    auth: RegistryAuth | undefined,
    { signal, onProgress }: MakePresentOptions,
  ): Promise<void> {
    const image = formatImage(name)
    const { api, liveness, config, onTransition, inspect } = this.#options
    const { pullRetries, pullRetryDelay, pullRetryMaxDelay, pullTimeout, pullIdleTimeout, engineTimeout } = config
    // Loaded for the first pull.
    const { makePresent } = await import('./image-actor.ts')
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
        look: signal =>
          untilReachable({ liveness, config }, () => hasImage(api, image, engineTimeout, platform), {
            signal,
            mayRepeat: isDisconnected,
          }),
        pull: async options => {
          try {
            await pullImage(api, {
              image,
              name,
              auth,
              platform,
              idleTimeout: pullIdleTimeout,
              engineTimeout,
              ...options,
            })
          } catch (error) {
            // An attempt that cannot reach the engine would be wasted.
            if (isDisconnected(error)) await liveness.found(config.reconnectTimeout, options.signal)
            throw error
          }
        },
      },
      {
        signal,
        onProgress,
        onTransition: (from, to, event, { attempt, retryIn, error }) =>
          onTransition({ machine: 'image', id: image, from, to, event, attempt, retryIn, error }),
        inspect,
      },
    )
  }

  /**
   * The task's own credentials override the driver's. A function that returns them may take as long as a pull may go
   * without progress.
   */
  async #findAuth(task: ResolvedTask, doing: string, signal: AbortSignal): Promise<RegistryAuth | undefined> {
    const { credentials, config } = this.#options
    const { auth, imageName } = task
    if (auth === undefined) return await credentials.find(imageName.registry, doing, signal)
    if (typeof auth !== 'function') return auth
    const find = async () => await auth(imageName, { signal })
    try {
      return await unlessAborted(within(find(), config.pullIdleTimeout, doing), signal, doing)
    } catch (cause) {
      if (signal.aborted) throw cancelledError(doing, signal.reason)
      const late = cause instanceof CookietinError && cause.code === 'ERR_COOKIETIN_ENGINE_TIMEOUT'
      const reason = late ? `did not answer within ${config.pullIdleTimeout} ms` : 'failed'
      throw new CookietinError('ERR_COOKIETIN_IMAGE_AUTH', `Could not ${doing}: its auth function ${reason}`, { cause })
    }
  }
}

/** Keys may be printed, so they never contain credentials. */
function hash(auth: RegistryAuth | undefined): string {
  return auth === undefined ? '' : createHash('sha256').update(JSON.stringify(auth)).digest('hex')
}
