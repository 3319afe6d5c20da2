import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { Hono } from 'hono'
import { CookietinError } from '../errors.ts'
import { newToken } from './inspector.ts'
import { checkInspectorOptions, type PageOptions } from './options.ts'
import { type Hello, protocolVersion } from './protocol.ts'
import { EventStreams } from './server/event-streams.ts'
import { pageFolder } from './server/page-files.ts'
import { type PageEnv, rawBody } from './server/raw-body.ts'
import { servePage } from './server/server.ts'

/** A recording that is shown on a page. */
export interface Replay extends AsyncDisposable {
  /** The URL of the page, with the token that opens it. */
  readonly url: string
  close(): Promise<void>
}

/**
 * Shows a recording on the inspector's page.
 *
 * @throws CookietinError `ERR_COOKIETIN_INSPECTOR_FAILED` for a file that cannot be read or is not a recording, and
 * `ERR_COOKIETIN_INVALID_CONFIG` for bad options.
 * @example
 * await using replay = await openRecording('runs.ndjson')
 * console.log(replay.url)
 */
export async function openRecording(path: string, options: PageOptions = {}): Promise<Replay> {
  checkInspectorOptions(options)
  const hello = await helloOf(path)
  const streams = new EventStreams()
  const routes = new Hono<PageEnv>()
    .get('/events', context =>
      rawBody(context, 'text/event-stream', response =>
        streams.add(response).send(Buffer.from(JSON.stringify({ ...hello, mode: 'recording', control: false }))),
      ),
    )
    .get('/recording', context =>
      context.body(Readable.toWeb(createReadStream(path)) as ReadableStream, 200, {
        'Content-Type': 'application/x-ndjson',
      }),
    )
  const { port = 0, host = '127.0.0.1', token = newToken(), allowedHosts = [] } = options
  const server = await servePage({ folder: pageFolder(), host, port, token, allowedHosts, routes })
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= streams.end().then(() => server.close())
    return closing
  }
  return { url: server.url, close, [Symbol.asyncDispose]: close }
}

async function helloOf(path: string): Promise<Hello> {
  const failed = (why: string, cause?: unknown) =>
    new CookietinError('ERR_COOKIETIN_INSPECTOR_FAILED', `Cannot replay ${path}: ${why}`, { cause })
  let line: string
  try {
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4_096), 0, 4_096, 0)
    line = buffer.toString('utf8', 0, bytesRead).split('\n', 1)[0] ?? ''
  } catch (error) {
    throw failed((error as Error).message, error)
  }
  let hello: Partial<Hello> | undefined
  try {
    hello = JSON.parse(line) as Partial<Hello>
  } catch {
    // Reported below.
  }
  if (hello?.type !== 'hello' || typeof hello.protocol !== 'number') throw failed('it is not a recording of cookietin')
  if (hello.protocol > protocolVersion) throw failed('it was made by a newer cookietin; update this one')
  return hello as Hello
}
