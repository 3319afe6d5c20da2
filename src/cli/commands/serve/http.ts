import { Hono } from 'hono'
import { CookietinError } from '../../../errors.ts'
import type { HotFunction } from '../../../functions/function.ts'

/** The HTTP status for each error code; others give 502. */
const statuses: Readonly<Record<string, 400 | 404 | 502 | 503 | 504>> = {
  ERR_COOKIETIN_INVALID_TASK: 400,
  ERR_COOKIETIN_CLOSED: 503,
  ERR_COOKIETIN_CALL_TIMEOUT: 504,
  ERR_COOKIETIN_LISTEN_TIMEOUT: 504,
}

/** The HTTP server of functions. Once `stopping` is aborted, it rejects new calls. */
export function createApp(functions: ReadonlyMap<string, HotFunction>, stopping: AbortSignal): Hono {
  const app = new Hono()
  app.get('/healthz', context =>
    stopping.aborted
      ? context.json({ status: 'stopping' }, 503)
      : context.json({
          status: 'ok',
          functions: Object.fromEntries([...functions].map(([name, { size }]) => [name, size])),
        }),
  )
  app.post('/invoke/:name', async context => {
    const fn = functions.get(context.req.param('name'))
    if (fn === undefined) return context.json({ message: `There is no function "${context.req.param('name')}"` }, 404)
    if (stopping.aborted) return context.json({ message: 'The server is stopping' }, 503)
    const { body, headers, method, url, signal } = context.req.raw
    const call = new Headers(headers)
    // The headers by which Fn's gateway passes the HTTP request to a function.
    call.set('Fn-Intent', 'httprequest')
    call.set('Fn-Http-Method', method)
    call.set('Fn-Http-Request-Url', url)
    try {
      return await fn.invoke({ body: body ?? undefined, headers: call, signal })
    } catch (error) {
      if (!(error instanceof CookietinError)) throw error
      return context.json({ message: error.message, code: error.code }, statuses[error.code] ?? 502)
    }
  })
  app.all('/invoke/:name', context => context.json({ message: 'Call a function by POST' }, 405, { Allow: 'POST' }))
  app.notFound(context => context.json({ message: 'There is only POST /invoke/NAME and GET /healthz' }, 404))
  app.onError((error, context) => context.json({ message: `This is a bug in cookietin: ${error.message}` }, 500))
  return app
}
