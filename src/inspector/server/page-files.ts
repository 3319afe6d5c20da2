import { readFile } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliDecompress } from 'node:zlib'
import type { MiddlewareHandler } from 'hono'
import { CookietinError } from '../../errors.ts'
import { packageFile } from '../../utils/package-file.ts'

/**
 * Finds the folder of the built page. In the repository it has a folder of its own: a build of the package empties `dist/`.
 *
 * @throws CookietinError `ERR_COOKIETIN_INSPECTOR_FAILED` if the page is not built.
 */
export function pageFolder(): string {
  const page = packageFile('.inspector-page/index.html.br', 'dist/inspector-page/index.html.br')
  if (page === undefined) {
    throw new CookietinError(
      'ERR_COOKIETIN_INSPECTOR_FAILED',
      'Cannot start the inspector: its page is not built; in the repository, run `npm run build:page`',
    )
  }
  return dirname(page)
}

/** The files of the page that are served, by their extensions, and the type of each. The build compresses these. */
export const pageFileTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
}

const decompress = promisify(brotliDecompress)

/**
 * Serves the files of the page, which lie in one flat folder, compressed by Brotli. They are sent as they are to who accepts that: browsers
 * do so of localhost and over HTTPS. The folder itself is `index.html`.
 */
export function pageFiles(folder: string): MiddlewareHandler {
  return async (context, next) => {
    const name = context.req.param('file') ?? 'index.html'
    const type = pageFileTypes[extname(name)]
    if (type === undefined || !/^[\w-][\w.-]*$/.test(name)) return await next()
    const compressed = await readFile(join(folder, `${name}.br`)).catch(() => undefined)
    if (compressed === undefined) return await next()

    context.header('Content-Type', type)
    context.header('Vary', 'Accept-Encoding')
    if (!acceptsBrotli(context.req.header('Accept-Encoding'))) return context.body(await decompress(compressed))
    context.header('Content-Encoding', 'br')
    return context.body(compressed)
  }
}

/** Whether an Accept-Encoding names Brotli, with a weight that is not 0. */
function acceptsBrotli(header = ''): boolean {
  return header.split(',').some(each => /^\s*br\s*(;\s*q=(1|0\.\d*[1-9])[\d.]*\s*)?$/i.test(each))
}
