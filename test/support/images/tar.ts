import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'

/** A file, a symbolic link, or (with a trailing slash) a folder. */
export interface TarEntry {
  readonly path: string
  readonly mode?: number
  readonly data?: Buffer
  readonly link?: string
}

/** Packs the entries into a tar archive, owned by root. */
export async function tar(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack()
  for (const { path: name, mode = 0o777, data = Buffer.alloc(0), link } of entries) {
    const header = { name, mode, mtime: new Date(0) }
    if (link !== undefined) archive.entry({ ...header, type: 'symlink', linkname: link })
    else if (name.endsWith('/')) archive.entry({ ...header, type: 'directory' })
    else archive.entry(header, data)
  }
  archive.finalize()
  return await buffer(archive)
}
