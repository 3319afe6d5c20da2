import { randomBytes } from 'node:crypto'
import type { InspectionEvent } from 'xstate'
import { checkInspectorOptions, type InspectorOptions } from './options.ts'
import { control as controlActor } from './server/control.ts'
import { EventStreams } from './server/event-streams.ts'
import { pageFolder } from './server/page-files.ts'
import { bodyOf, type Route, replyJson, servePage } from './server/server.ts'
import { Hub } from './tracking/hub.ts'

/** A live inspector. */
export interface Inspector extends AsyncDisposable {
  /** Where the page is, with the token that opens it. */
  readonly url: string
  /** The XState inspector: give it to `createExecutor({ inspect })`, or to any `createActor(machine, { inspect })`. */
  readonly inspect: (event: InspectionEvent) => void
  /** Tells the pages that nothing follows, and lets go of the port. Idempotent. */
  close(): Promise<void>
}

/**
 * Starts the live inspector: a page that shows every actor that has a machine, as it goes through its states. It listens until it is closed, and keeps Node.js
 * running. Rejects with `ERR_COOKIETIN_INVALID_CONFIG`, and with `ERR_COOKIETIN_INSPECTOR_FAILED` where the port cannot be had.
 *
 * @example
 * await using inspector = await startInspector()
 * console.log(inspector.url)
 * await using executor = createExecutor({ driver, inspect: inspector.inspect })
 */
export async function startInspector(options: InspectorOptions = {}): Promise<Inspector> {
  checkInspectorOptions(options)
  const { port = 0, host = '127.0.0.1', token = newToken(), control = false } = options
  const { maxActors = 10_000, maxSteps = 200 } = options
  const hub = new Hub({ mode: 'live', control, maxActors, maxSteps, maxStats: 240 })
  const streams = new EventStreams()
  const route: Route = async (path, request, response) => {
    const reads = request.method === 'GET'
    if (path === 'events' && reads) {
      hub.join(streams.add(response, stream => hub.leave(stream)))
      return true
    }
    const [, key] = /^actors\/(\d+)$/.exec(path) ?? []
    if (key !== undefined && reads) {
      const details = hub.get(Number(key))?.details
      replyJson(response, details === undefined ? 404 : 200, details ?? {})
      return true
    }
    if (path === 'control' && request.method === 'POST') {
      if (!control) replyJson(response, 403, { error: 'This inspector only looks: start it with control: true' })
      else {
        const { status, error } = await controlActor(hub, await bodyOf(request))
        replyJson(response, status, { error })
      }
      return true
    }
    return false
  }
  const server = await servePage({ folder: pageFolder(), host, port, token, route })
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

/** 192 bits. */
export const newToken = (): string => randomBytes(24).toString('base64url')
