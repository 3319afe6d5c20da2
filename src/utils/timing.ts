import { onAbort } from './abort.ts'

/** Resolves with true after `ms`, or with false as soon as the signal aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise(resolve => {
    const timer = setTimeout(() => {
      release()
      resolve(true)
    }, ms)
    const release = onAbort(signal, () => {
      clearTimeout(timer)
      resolve(false)
    })
  })
}

/** Resolves with true when the call resolves or rejects within `ms`, else with false. */
export function settles(call: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise(resolve => {
    const timer = setTimeout(() => resolve(false), ms)
    const settled = () => {
      clearTimeout(timer)
      resolve(true)
    }
    call.then(settled, settled)
  })
}

/** The delay before a retry, in ms: it doubles from 50 ms to 2 s. Jitter spreads the retries of many callers. */
export function backoff(attempt: number): number {
  return Math.min(50 * 2 ** attempt, 2_000) * (0.75 + Math.random() / 2)
}
