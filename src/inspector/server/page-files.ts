import { dirname } from 'node:path'
import { serveStatic } from '@hono/node-server/serve-static'
import type { MiddlewareHandler } from 'hono'
import { CookietinError } from '../../errors.ts'
import { packageFile } from '../../utils/package-file.ts'

/**
 * Finds the folder of the built page. In the repository it has a folder of its own: a build of the package empties `dist/`.
 *
 * @throws CookietinError `ERR_COOKIETIN_INSPECTOR_FAILED` if the page is not built.
 */
export function pageFolder(): string {
  const page = packageFile('.inspector-page/index.html', 'dist/inspector-page/index.html')
  if (page === undefined) {
    throw new CookietinError(
      'ERR_COOKIETIN_INSPECTOR_FAILED',
      'Cannot start the inspector: its page is not built; in the repository, run `npm run build:page`',
    )
  }
  return dirname(page)
}

/** Serves the files of the page, which lie in one flat folder. The folder itself is `index.html`. */
export function pageFiles(folder: string): MiddlewareHandler {
  const serve = serveStatic({
    root: folder,
    rewriteRequestPath: path => path.slice(path.lastIndexOf('/') + 1) || 'index.html',
  })
  return async (context, next) => {
    const isPageFile = /^[\w-][\w.-]*\.(html|js|css|svg)$/.test(context.req.param('file') ?? 'index.html')
    return isPageFile ? await serve(context, next) : await next()
  }
}
