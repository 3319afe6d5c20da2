import { once } from 'node:events'
import { createWriteStream, fchmodSync, fstatSync, type WriteStream } from 'node:fs'
import type { InspectionEvent } from 'xstate'
import { CookietinError } from '../errors.ts'
import { Issues } from '../utils/validation/issues.ts'
import { isText } from '../utils/validation/rules.ts'
import { type Audience, Hub } from './tracking/hub.ts'

/** The recording is behind when more than this would wait for the disk, in bytes. */
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
  checkPath(path)
  const failed = (error: unknown) =>
    new CookietinError('ERR_COOKIETIN_INSPECTOR_FAILED', `Cannot record to ${path}: ${(error as Error).message}`, {
      cause: error,
    })
  const file = createWriteStream(path, { mode: 0o600 })
  try {
    const [descriptor] = (await once(file, 'open')) as [number]
    // The mode of a file that exists is not changed by opening it.
    if (fstatSync(descriptor).isFile()) fchmodSync(descriptor, 0o600)
  } catch (error) {
    file.destroy()
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

function checkPath(path: unknown): void {
  if ((isText(path) && path !== '') || path instanceof URL || Buffer.isBuffer(path)) return
  const issues = new Issues()
  issues.add('path', path, 'the path of a file')
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
}

class FileAudience implements Audience {
  readonly #file: WriteStream

  constructor(file: WriteStream) {
    this.#file = file
  }

  send(json: Uint8Array): void {
    if (!this.#file.writable) return
    this.#file.write(json)
    this.#file.write('\n')
  }

  hasRoomFor(bytes: number): boolean {
    const { writableNeedDrain, writableLength } = this.#file
    return !writableNeedDrain || writableLength + bytes <= mostWaiting
  }

  whenCaughtUp(callback: () => void): void {
    this.#file.once('drain', callback)
  }
}
