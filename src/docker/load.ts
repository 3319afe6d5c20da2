import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { CookietinError } from '../errors.ts'
import type { Api } from './api.ts'
import { connectionError } from './errors.ts'
import { jsonLines } from './lines.ts'

/** Loads a tar file of images into the engine (the seed's `docker_load_file`). */
export async function loadImages(api: Api, path: string, deadline: number): Promise<void> {
  const doing = `load images from ${path}`
  const isFile = await stat(path).then(
    found => found.isFile(),
    () => false,
  )
  if (!isFile) {
    throw new CookietinError('ERR_COOKIETIN_INVALID_CONFIG', `Could not ${doing}: it is no file. Check dockerLoadFile`)
  }
  const stream = await api.stream({
    doing,
    method: 'POST',
    path: '/images/load',
    query: { quiet: 'true' },
    headers: { 'Content-Type': 'application/x-tar' },
    file: createReadStream(path),
    deadline,
  })
  try {
    for await (const record of jsonLines(stream) as AsyncIterable<{ readonly error?: unknown }>) {
      if (record.error !== undefined) {
        throw new CookietinError(
          'ERR_COOKIETIN_INVALID_CONFIG',
          `Could not ${doing}: the engine says "${record.error}"`,
        )
      }
    }
  } catch (error) {
    throw connectionError(error, doing, true)
  }
}
