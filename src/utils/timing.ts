import { onAbort } from './abort.ts'

/** Resolves after `ms`, or at once when the signal aborts; true when the time is up. */
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

/** True when the call settles, either way, within `ms`. */
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

/** Doubling pauses, from 50 ms up to 2 s, with a little jitter so that many do not come at once. */
export function backoff(attempt: number): number {
  return Math.min(50 * 2 ** attempt, 2_000) * (0.75 + Math.random() / 2)
}
