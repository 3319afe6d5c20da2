import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { CookietinError } from '../../../errors.ts'
import { onAbort } from '../../../utils/abort.ts'
import type { Api } from '../connection/api.ts'
import { timeoutError } from '../connection/deadline.ts'
import { connectionError } from '../connection/errors.ts'
import { jsonLines } from '../connection/json-lines.ts'

/**
 * Loads a tar file of images into the engine (Fn's `docker_load_file`). `deadline` is the time limit in ms.
 *
 * @throws CookietinError `ERR_COOKIETIN_INVALID_CONFIG` for a file that is missing or has no images.
 */
export async function loadImages(api: Api, path: string, deadline: number): Promise<void> {
  const doing = `load images from ${path}`
  const isFile = await stat(path).then(
    found => found.isFile(),
    () => false,
  )
  if (!isFile) {
    throw new CookietinError(
      'ERR_COOKIETIN_INVALID_CONFIG',
      `Could not ${doing}: it is not a file. Check dockerLoadFile`,
    )
  }
  const file = createReadStream(path)
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), deadline)
  try {
    await send(api, file, doing, late.signal)
  } catch (error) {
    throw late.signal.aborted ? timeoutError(doing, deadline) : error
  } finally {
    clearTimeout(timer)
    file.destroy()
  }
}

async function send(api: Api, file: Readable, doing: string, signal: AbortSignal): Promise<void> {
  const stream = await api.stream({
    doing,
    method: 'POST',
    path: '/images/load',
    query: { quiet: 'true' },
    headers: { 'Content-Type': 'application/x-tar' },
    file,
    deadline: undefined,
    signal,
  })
  const release = onAbort(signal, () => stream.destroy())
  try {
    for await (const record of jsonLines(stream) as AsyncIterable<{ readonly error?: unknown }>) {
      if (record.error !== undefined) {
        throw new CookietinError(
          'ERR_COOKIETIN_INVALID_CONFIG',
          `Could not ${doing}: the engine reports "${record.error}"`,
        )
      }
    }
  } catch (error) {
    throw connectionError(error, doing, true)
  } finally {
    release()
    stream.destroy()
  }
}
