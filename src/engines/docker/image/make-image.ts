import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Api } from '../connection/api.ts'

/** One entry of an image's only layer. */
export interface ImageEntry {
  readonly name: string
  readonly type: 'file' | 'directory'
  /** Its permissions. */
  readonly mode: number
  readonly content?: Buffer
}

/** An image that the engine makes from a few files, without a registry. */
export interface MadeImage {
  /** Its name, with a tag. */
  readonly image: string
  /** The path of the program that its containers run. */
  readonly program: string
  readonly entries: readonly ImageEntry[]
  /** Time limit of the call, in ms. */
  readonly deadline: number
}

/** Makes an image. Resolves with its id, if the engine told it. */
export async function makeImage(
  api: Api,
  { image, program, entries, deadline }: MadeImage,
): Promise<string | undefined> {
  const [repo = '', tag = ''] = image.split(':')
  const { body } = await api.request({
    doing: `make image ${image}`,
    method: 'POST',
    path: '/images/create',
    query: { fromSrc: '-', repo, tag, changes: `CMD ${JSON.stringify([program])}` },
    headers: { 'Content-Type': 'application/x-tar' },
    file: Readable.from([await archiveOf(entries)]),
    text: true,
    deadline,
  })
  return /sha256:[0-9a-f]{64}/.exec(String(body))?.[0]
}

/** A tar archive whose entries have no time of their own, so that its digest is always the same. */
export async function archiveOf(entries: readonly ImageEntry[]): Promise<Buffer> {
  const { pack } = await import('tar-stream')
  const archive = pack()
  const mtime = new Date(0)
  for (const { content = Buffer.alloc(0), ...header } of entries) archive.entry({ ...header, mtime }, content)
  archive.finalize()
  return await buffer(archive)
}
