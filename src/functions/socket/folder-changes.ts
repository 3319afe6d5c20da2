import { watch } from 'node:fs'
import { onAbort } from '../../utils/abort.ts'
import { pause } from '../../utils/timing.ts'

/** The least time between two looks at a folder, in ms. */
const interval = 5
/** The time between two looks where no watcher can be had, in ms. */
const blindInterval = 50

/**
 * Yields at once, and then after changes in the folder, at most every 5 ms, until the signal aborts.
 *
 * The folder belongs to a container, which may change it without end. The watcher therefore closes at its first event: Node.js reads all
 * pending events in one go, and would read for ever from a container that makes them faster.
 */
export async function* folderChanges(folder: string, signal: AbortSignal): AsyncGenerator<void> {
  while (!signal.aborted) {
    const change = nextChange(folder, signal)
    try {
      // After the watcher was opened, so that no change between the look and the watch is missed.
      yield
      await change.seen
    } finally {
      change.close()
    }
    await pause(interval, signal)
  }
}

interface NextChange {
  /** Resolves at the first change, or when the signal aborts. */
  readonly seen: Promise<void>
  close(): void
}

function nextChange(folder: string, signal: AbortSignal): NextChange {
  const abort = new AbortController()
  const seen = new Promise<void>(resolve => {
    abort.signal.addEventListener('abort', () => resolve(), { once: true })
    try {
      const watcher = watch(folder, { signal: abort.signal }, () => abort.abort())
      // Also for a folder that is removed while it is watched.
      watcher.on('error', () => abort.abort())
    } catch {
      // There may be no file descriptor left, or no more watchers of this user.
      void pause(blindInterval, abort.signal).then(() => abort.abort())
    }
  })
  const release = onAbort(signal, () => abort.abort())
  return {
    seen,
    close() {
      release()
      abort.abort()
    },
  }
}
