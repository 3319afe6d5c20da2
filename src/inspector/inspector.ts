import { randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { InspectionEvent } from 'xstate'
import { checkInspectorOptions, type InspectorOptions } from './options.ts'
import { control as controlActor } from './server/control.ts'
import { EventStreams } from './server/event-streams.ts'
import { pageFolder } from './server/page-files.ts'
import { type PageEnv, rawBody } from './server/raw-body.ts'
import { search } from './server/search.ts'
import { servePage } from './server/server.ts'
import { Hub } from './tracking/hub.ts'

/** A live inspector. */
export interface Inspector extends AsyncDisposable {
  /** The URL of the page, with the token that opens it. */
  readonly url: string
  /** The XState inspector, for `createExecutor({ inspect })` or any `createActor(machine, { inspect })`. */
  readonly inspect: (event: InspectionEvent) => void
  /** Ends the pages' streams and frees the port. Idempotent; `await using` does it. */
  close(): Promise<void>
}

/**
 * Starts the live inspector: a page that shows every actor as it changes state. It keeps Node.js running until closed.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG` for bad options.
 * @throws CookietinError `ERR_COOKIETIN_INSPECTOR_FAILED` if it cannot listen, or its page is not built.
 *
 * @example
 * await using inspector = await startInspector()
 * console.log(inspector.url)
 * await using executor = createExecutor({ driver, inspect: inspector.inspect })
 */
export async function startInspector(given: InspectorOptions = {}): Promise<Inspector> {
  const options = (given as InspectorOptions | null) ?? {}
  checkInspectorOptions(options)
  const { port = 0, host = '127.0.0.1', token = newToken(), allowedHosts = [], control = false } = options
  const { output = false, maxActors = 10_000, maxSteps = 200 } = options
  const hub = new Hub({ mode: 'live', control, output, maxActors, maxSteps, maxStats: 240 })
  const streams = new EventStreams()
  const routes = liveRoutes(hub, streams, control)
  const server = await servePage({ folder: pageFolder(), host, port, token, allowedHosts, routes })
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= (async () => {
      hub.close()
      await streams.end()
      await server.close()
    })()
    return closing
  }
  return { url: server.url, inspect: hub.inspect, close, [Symbol.asyncDispose]: close }
}

function liveRoutes(hub: Hub, streams: EventStreams, control: boolean): Hono<PageEnv> {
  const tooLong = bodyLimit({
    maxSize: 4_096,
    onError: context => context.json({ error: 'The request is too long' }, 413),
  })
  return new Hono<PageEnv>()
    .get('/events', context =>
      rawBody(context, 'text/event-stream', response => hub.join(streams.add(response, stream => hub.leave(stream)))),
    )
    .get('/actors/:key{\\d+}', context => {
      const details = hub.get(Number(context.req.param('key')))?.details
      return context.json(details ?? {}, details === undefined ? 404 : 200)
    })
    .get('/search', async context => {
      const gone = new AbortController()
      // A page that searches for something else drops the request.
      context.env.outgoing.once('close', () => gone.abort())
      const { text, until } = context.req.query()
      return context.json(await search(hub, { text, until, signal: gone.signal }))
    })
    .post('/control', tooLong, async context => {
      if (!control) return context.json({ error: 'This inspector only looks: start it with control: true' }, 403)
      const { status, ...answer } = await controlActor(hub, await context.req.text())
      return context.json(answer, status)
    })
}

/** 192 random bits. */
export const newToken = (): string => randomBytes(24).toString('base64url')
