import type { PullProgress } from '../engines/pull-progress.ts'
import type { ContainerTask } from '../task/task.ts'
import { Issues } from '../utils/validation/issues.ts'
import { checkKnown } from '../utils/validation/known-options.ts'
import { callback, oneOf } from '../utils/validation/rules.ts'
import { signalIssue } from '../utils/validation/signal.ts'

/** Options of {@link DockerDriver.pull}. */
export interface PullOptions extends Pick<ContainerTask, 'platform' | 'auth'> {
  /**
   * `'missing'` pulls only an image that the engine does not have, `'always'` asks the registry for a newer one.
   *
   * @default 'missing'
   */
  readonly pull?: 'missing' | 'always' | undefined
  /** Aborting it gives up the pull, unless a run waits for the same image. */
  readonly signal?: AbortSignal | undefined
  /** Called with the latest progress at once, then with every change. */
  readonly onProgress?: ((progress: PullProgress) => void) | undefined
}

const known: Record<keyof PullOptions, true> = {
  pull: true,
  platform: true,
  auth: true,
  signal: true,
  onProgress: true,
}

const pulls = oneOf('missing', 'always')

/**
 * Checks what is not a task's.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`, which lists every bad option.
 */
export function checkPullOptions(options: PullOptions): void {
  checkKnown(options, known)
  const issues = new Issues()
  issues.read('pull', options.pull, pulls, undefined)
  issues.read('onProgress', options.onProgress, callback, undefined)
  issues.include(signalIssue(options.signal))
  issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK')
}
