import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

/** A received request, without the API version. */
export interface FakeRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/**
 * Answers a request. An object or array is sent as JSON with 200, and `[status, message]` as an error.
 * A function writes the response itself. Undefined hangs.
 */
export type FakeAnswer =
  | object
  | readonly [status: number, message: string]
  | ((response: ServerResponse) => void)
  | undefined

/** A fake engine with scripted answers. */
export interface FakeEngine extends AsyncDisposable {
  readonly address: string
  readonly requests: readonly FakeRequest[]
  /** Answers all requests but `GET /version` and the list of containers, which have default answers. */
  answer: (request: FakeRequest) => FakeAnswer
}

const engineVersion = { Version: '25.0.1', ApiVersion: '1.44', MinAPIVersion: '1.24' }

/** Starts a fake engine that reports `version`. */
export async function startFakeEngine(
  answer: FakeEngine['answer'],
  version: object | ((response: ServerResponse) => void) = engineVersion,
): Promise<FakeEngine> {
  const folder = await mkdtemp('/tmp/ct-')
  const requests: FakeRequest[] = []
  const server = createServer(async (request, response) => {
    const { method = '', headers } = request
    const url = (request.url ?? '').replace(/^\/v[\d.]+/, '')
    const seen = { method, url, headers, body: await text(request).catch(() => '') }
    requests.push(seen)
    const given = usual(seen, version) ?? fake.answer(seen)
    if (given === undefined) return
    if (typeof given === 'function') return given(response)
    const isError = Array.isArray(given) && typeof given[0] === 'number'
    response.statusCode = isError ? Number(given[0]) : 200
    response.end(JSON.stringify(isError ? { message: given[1] } : given))
  })
  server.listen(`${folder}/s`)
  await once(server, 'listening')
  const fake: FakeEngine = {
    address: `unix://${folder}/s`,
    requests,
    answer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await rm(folder, { recursive: true })
    },
  }
  return fake
}

function usual({ method, url }: FakeRequest, version: object | ((response: ServerResponse) => void)): FakeAnswer {
  if (method !== 'GET') return undefined
  if (url === '/version') return version
  return url.startsWith('/containers/json') ? [] : undefined
}

/** Sends JSON lines, as the engine does for a pull. */
export function lines(...records: readonly object[]): FakeAnswer {
  return response => response.end(records.map(record => `${JSON.stringify(record)}\r\n`).join(''))
}
