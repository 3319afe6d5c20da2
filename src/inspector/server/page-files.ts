import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { serveStatic } from '@hono/node-server/serve-static'
import type { MiddlewareHandler } from 'hono'
import { CookietinError } from '../../errors.ts'

// Beside `dist/src/` in the package. In the repository it has a folder of its own: a build of the package empties
// `dist/`.
const places = ['../../../inspector-page/', '../../../.inspector-page/'].map(path => new URL(path, import.meta.url))

/**
 * Finds the folder of the built page.
 *
 * @throws CookietinError `ERR_COOKIETIN_INSPECTOR_FAILED` if the page is not built.
 */
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

/** Serves the files of the page, which lie in one flat folder. The folder itself is `index.html`. */
export function pageFiles(folder: URL): MiddlewareHandler {
  const serve = serveStatic({
    root: fileURLToPath(folder),
    rewriteRequestPath: path => path.slice(path.lastIndexOf('/') + 1) || 'index.html',
  })
  return async (context, next) => {
    const isPageFile = /^[\w-][\w.-]*\.(html|js|css|svg)$/.test(context.req.param('file') ?? 'index.html')
    return isPageFile ? await serve(context, next) : await next()
  }
}
