import { onAbort } from '../utils/abort.ts'
import { settles } from '../utils/timing.ts'

/** Why a command ended before its work: a signal, or output that cannot be written. It has been told already. */
export class Interruption extends Error {
  readonly exitCode: number
  /** For the JSON of what was not run. */
  readonly code = 'ERR_COOKIETIN_CANCELLED'

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** How long what is opened may take after an interruption, so that it can be closed in order, in ms. */
const openingGrace = 300

/**
 * Waits for what a command opens, such as a driver, but not for an engine that does not answer when the command is interrupted.
 *
 * @throws The reason of the signal, an {@link Interruption}.
 */
export async function unlessInterrupted<T>(opening: Promise<T>, signal: AbortSignal): Promise<T> {
  let release = () => {}
  const late = new Promise<never>((_resolve, reject) => {
    release = onAbort(signal, () => {
      void settles(opening, openingGrace).then(isSettled => {
        if (!isSettled) reject(signal.reason)
      })
    })
  })
  try {
    return await Promise.race([opening, late])
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    release()
  }
}
