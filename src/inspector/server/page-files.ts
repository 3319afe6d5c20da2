import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { CookietinError } from '../../errors.ts'

// Beside `dist/src/` in the package; in the repository a folder of its own, since a build of the package empties `dist/`.
const places = ['../../../inspector-page/', '../../../.inspector-page/'].map(path => new URL(path, import.meta.url))

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** A file of the page. */
export interface PageFile {
  readonly type: string
  readonly body: Uint8Array
}

/** Where the built page lies. Throws `ERR_COOKIETIN_INSPECTOR_FAILED` where it was not built. */
export function pageFolder(): URL {
  const folder = places.find(place => existsSync(new URL('index.html', place)))
  if (folder === undefined) {
    throw new CookietinError(
      'ERR_COOKIETIN_INSPECTOR_FAILED',
      'Cannot start the inspector: its page is not built; in the repository, run `npm run build:page`',
    )
  }
  return folder
}

/** A file of the page by its name; undefined where there is none. Names with a slash in them lead nowhere. */
export async function pageFile(folder: URL, name: string): Promise<PageFile | undefined> {
  const type = types[extname(name)]
  if (type === undefined || !/^[\w-][\w.-]*$/.test(name)) return undefined
  try {
    return { type, body: await readFile(new URL(name, folder)) }
  } catch {
    return undefined
  }
}
