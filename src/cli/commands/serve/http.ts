import { createServer, type Server } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import { asError, CookietinError } from '../../../errors.ts'
import type { HotFunction } from '../../../functions/function.ts'
import { isHeadersRefusal } from '../../../functions/http/response-errors.ts'
import type { MetricsPage } from '../../../telemetry/prometheus.ts'
import { type AccessOptions, faultOf, refusalOf } from './access.ts'
import { passOn } from './gateway.ts'

/** The HTTP status for each error code; others give 502. */
const statuses: Readonly<Record<string, 400 | 503 | 504>> = {
  ERR_COOKIETIN_INVALID_TASK: 400,
  ERR_COOKIETIN_CLOSED: 503,
  ERR_COOKIETIN_CALL_TIMEOUT: 504,
  ERR_COOKIETIN_LISTEN_TIMEOUT: 504,
}

/** What the server answers, and where it reports errors. */
export interface ServerOptions extends AccessOptions {
  /** Once it is aborted, new calls are rejected. */
  readonly stopping: AbortSignal
  /** Called when a response breaks after its headers, which the client can only see as a cut. */
  readonly onBroken: (name: string, error: Error) => void
  /** What GET /metrics answers; undefined for a server without metrics. */
  readonly metrics?: MetricsPage | undefined
}

/** Makes the HTTP server of functions. It does not listen yet. */
export function createFunctionServer(functions: ReadonlyMap<string, HotFunction>, options: ServerOptions): Server {
  const listen = getRequestListener(createApp(functions, options).fetch, { overrideGlobalObjects: false })
  const server = createServer((request, response) => {
    const fault = faultOf(request)
    if (fault === undefined) return listen(request, response)
    response.writeHead(400, { 'Content-Type': 'application/json', Connection: 'close' })
    response.end(JSON.stringify({ message: fault }))
  })
  // The size of a request's headers is bounded. Node.js would drop those beyond 2,000.
  server.maxHeadersCount = 0
  return server
}

function createApp(
  functions: ReadonlyMap<string, HotFunction>,
  { stopping, onBroken, metrics, ...access }: ServerOptions,
): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.use(async (context, next) => {
    const refusal = refusalOf(context.env.incoming.headers, access)
    return refusal === undefined ? await next() : context.json({ message: refusal }, 403)
  })
  app.get('/healthz', context =>
    stopping.aborted
      ? context.json({ status: 'stopping' }, 503)
      : context.json({
          status: 'ok',
          functions: Object.fromEntries([...functions].map(([name, { size }]) => [name, size])),
        }),
  )
  if (metrics !== undefined) {
    const { contentType } = metrics
    app.get('/metrics', async context => context.body(await metrics.text(), 200, { 'Content-Type': contentType }))
  }
  const readOnly = metrics === undefined ? ['/healthz'] : ['/healthz', '/metrics']
  for (const path of readOnly)
    app.all(path, context => context.json({ message: 'Ask by GET' }, 405, { Allow: 'GET, HEAD' }))
  app.all('/invoke/:name/*', async context => {
    const name = context.req.param('name')
    const fn = functions.get(name)
    if (fn === undefined) return context.json({ message: `There is no function "${name}"` }, 404)
    if (stopping.aborted) return context.json({ message: 'The server is stopping' }, 503)
    const { incoming, outgoing } = context.env
    try {
      await passOn(fn, { incoming, outgoing, url: context.req.url })
    } catch (error) {
      if (outgoing.headersSent) onBroken(name, asError(error))
      else return failure(error)
    }
    return RESPONSE_ALREADY_SENT
  })
  app.notFound(context => context.json({ message: `There are only ${['/invoke/NAME', ...readOnly].join(', ')}` }, 404))
  app.onError((error, context) => context.json({ message: `This is a bug in cookietin: ${error.message}` }, 500))
  return app
}

function failure(error: unknown): Response {
  if (!(error instanceof CookietinError)) throw error
  const status = isHeadersRefusal(error) ? 431 : (statuses[error.code] ?? 502)
  return Response.json({ message: error.message, code: error.code }, { status })
}
