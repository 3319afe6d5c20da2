import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import type { InspectionEvent } from 'xstate'
import { CookietinError } from '../errors.ts'
import { type Audience, Hub } from './tracking/hub.ts'

/** With more bytes than this waiting for the disk, the recording is behind. */
const mostWaiting = 16 * 1024 * 1024

/** A recording in progress. */
export interface Recording extends AsyncDisposable {
  /** The XState inspector, for `createExecutor({ inspect })`. */
  readonly inspect: (event: InspectionEvent) => void
  /**
   * Completes the file. Idempotent. Rejects with `ERR_COOKIETIN_INSPECTOR_FAILED` when it could not be written
   * completely.
   */
  close(): Promise<void>
}

/**
 * Records what an inspector would show, as lines of JSON, for `cookietin inspect FILE`. Only its owner may read the
 * file. A slow disk does not slow the executor: changes are left out, and a new snapshot is written when the disk has
 * caught up. Rejects with `ERR_COOKIETIN_INSPECTOR_FAILED` when the file cannot be created.
 *
 * @example
 * await using recording = await startRecording('runs.ndjson')
 * await using executor = createExecutor({ driver, inspect: recording.inspect })
 */
export async function startRecording(path: string): Promise<Recording> {
  const failed = (error: unknown) =>
    new CookietinError('ERR_COOKIETIN_INSPECTOR_FAILED', `Cannot record to ${path}: ${(error as Error).message}`, {
      cause: error,
    })
  const file = createWriteStream(path, { mode: 0o600 })
  try {
    await once(file, 'open')
  } catch (error) {
    throw failed(error)
  }
  let broken: Error | undefined
  file.on('error', error => {
    broken ??= error
  })
  const hub = new Hub({ mode: 'recording', control: false, maxActors: 10_000, maxSteps: 1, maxStats: 0 })
  hub.join(new FileAudience(file))
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= (async () => {
      hub.close()
      await new Promise<void>(resolve => {
        if (file.destroyed) return resolve()
        file.once('close', resolve)
        file.end()
      })
      if (broken !== undefined) throw failed(broken)
    })()
    return closing
  }
  return { inspect: hub.inspect, close, [Symbol.asyncDispose]: close }
}

class FileAudience implements Audience {
  readonly #file: WriteStream

  constructor(file: WriteStream) {
    this.#file = file
  }

  send(json: string): void {
    if (this.#file.writable) this.#file.write(`${json}\n`)
  }

  get isBehind(): boolean {
    return this.#file.writableLength > mostWaiting
  }

  whenCaughtUp(callback: () => void): void {
    this.#file.once('drain', callback)
  }
}
