import { CookietinError } from '../../../../errors.ts'
import type { FileSource, FoundEntry } from '../../../engine.ts'
import { copyError } from '../../archive/copy-error.ts'
import { readArchive } from '../../archive/read-archive.ts'
import { writeArchives } from '../../archive/write-archive.ts'
import { isDisconnected, isUnreached } from '../../connection/errors.ts'
import { untilReachable } from '../../connection/liveness.ts'
import type { CreateOptions } from '../../create-options/create-options.ts'
import { anonymousVolumes } from '../../create-options/file-volumes.ts'
import type { EngineContext } from '../../engine-context.ts'
import { type ContainerRef, inspectContainer } from '../inspect.ts'

/** What is copied into a container, and how that was created. */
export interface CopyIn {
  readonly container: ContainerRef
  readonly options: CreateOptions
  readonly files: readonly FileSource[]
}

/**
 * Checks that files can be copied a second time, into another container.
 *
 * @param lost - What became of the first one, as the beginning of a sentence.
 * @throws CookietinError `ERR_COOKIETIN_FILES_FAILED`, which may be retried.
 */
export function checkCopiesAgain(files: readonly FileSource[], lost: string): void {
  if (files.every(file => file.isRepeatable)) return
  const message = `${lost}, and a stream among the task's files can be read only once`
  throw new CookietinError('ERR_COOKIETIN_FILES_FAILED', message, { retryable: true })
}

/** Copies files into a container that is created and not started. */
export async function copyInto(
  context: EngineContext,
  { container, options, files }: CopyIn,
  signal: AbortSignal,
): Promise<void> {
  const { api, config } = context
  const { HostConfig, User } = options
  const user = User ?? (await inspectContainer(api, container.id, config.engineTimeout))?.user ?? ''
  const target = {
    ...{ api, container, user, deadline: config.engineTimeout, patience: config.startTimeout },
    volumes: HostConfig.ReadonlyRootfs ? anonymousVolumes(HostConfig) : [],
  }
  const isRepeatable = files.every(file => file.isRepeatable)
  try {
    await untilReachable(context, () => writeArchives(target, files, signal), {
      signal,
      mayRepeat: error => isUnreached(error) || (isRepeatable && isDisconnected(error)),
    })
  } catch (error) {
    throw copyError(error, 'ERR_COOKIETIN_FILES_FAILED')
  }
}

/** Copies a path out of a container that has ended. Resolves with undefined when nothing is there. */
export async function copyFrom(
  context: EngineContext,
  { container, path }: { readonly container: ContainerRef; readonly path: string },
  signal: AbortSignal,
): Promise<AsyncIterable<FoundEntry> | undefined> {
  const { api, config } = context
  const deadline = config.engineTimeout
  const read = () => readArchive({ api, container, deadline }, path, signal)
  try {
    const found = await untilReachable(context, read, { signal, mayRepeat: isDisconnected })
    // The engine answers alike for a path and for a container that it does not know.
    if (found !== undefined || (await inspectContainer(api, container.id, deadline)) !== undefined) return found
  } catch (error) {
    throw copyError(error, 'ERR_COOKIETIN_ARTIFACTS_FAILED')
  }
  throw new CookietinError(
    'ERR_COOKIETIN_ARTIFACTS_FAILED',
    `Could not copy ${path} out of container ${container.name}: it was removed from outside`,
  )
}
