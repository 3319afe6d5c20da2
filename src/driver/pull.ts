import type { PullProgress } from '../engines/pull-progress.ts'
import { InvalidInputError } from '../errors.ts'
import type { ContainerTask } from '../task/task.ts'
import { checkKnown } from '../utils/validation/known-options.ts'
import { checkSignal } from '../utils/validation/signal.ts'

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

/**
 * Checks what is not a task's.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`, which names the option.
 */
export function checkPullOptions({ pull, signal, onProgress, ...others }: PullOptions): void {
  checkKnown({ ...others, pull, signal, onProgress }, known)
  checkSignal(signal)
  const refuse = (field: string, value: unknown, allowed: string) => {
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [{ field, value: String(value), allowed }])
  }
  if ((pull as unknown) === 'never') refuse('pull', pull, "'missing' or 'always'")
  if (onProgress !== undefined && typeof onProgress !== 'function') refuse('onProgress', onProgress, 'a function')
}
