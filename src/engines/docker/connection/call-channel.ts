import { channel } from 'node:diagnostics_channel'
import type { EngineRequest } from './client/dialer.ts'

/** One call to an engine that has ended, as the channel `cookietin:engine-call` of `node:diagnostics_channel` publishes it. */
export interface EngineCall extends Pick<EngineRequest, 'method' | 'path'> {
  /** ms until its reply was read, or until the headers of a stream. */
  readonly duration: number
  /** Why it failed; undefined when it did not. */
  readonly error: unknown
}

/** Publishes every call to an engine, of all drivers of this process. Without a subscriber nothing is made or measured. */
export const engineCalls = channel('cookietin:engine-call')

/** Publishes a call when it has settled, where anybody listens. */
export function publishCall<T>({ method, path }: EngineRequest, calling: Promise<T>): Promise<T> {
  if (!engineCalls.hasSubscribers) return calling
  const since = performance.now()
  const publish = (error: unknown) =>
    engineCalls.publish({ method, path, duration: performance.now() - since, error } satisfies EngineCall)
  calling.then(() => publish(undefined), publish)
  return calling
}
