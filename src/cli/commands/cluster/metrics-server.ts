import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { hostname } from 'node:os'
import { messageOf } from '../../../errors.ts'
import type { MetricsPage } from '../../../telemetry/prometheus.ts'
import { UsageError } from '../../usage-error.ts'
import { refusalOf } from '../serve/access.ts'
import { type Address, hostOf, listening } from '../serve/listening.ts'

/** Reads `[ADDRESS:]PORT`. */
export function readMetricsAddress(text: string): Address {
  const [, host = '127.0.0.1', digits = ''] = /^(?:\[?([^[\]]+)\]?:)?(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65_535) throw new UsageError(`--metrics: "${text}" is not a port, or ADDRESS:PORT`)
  return { host, port }
}

/** A server that answers `GET /metrics` alone. */
export interface MetricsServer extends AsyncDisposable {
  readonly url: string
}

/** Serves metrics at an address, for clients that reach it by the address or by the name of this machine. */
export async function serveMetrics(metrics: MetricsPage, address: Address): Promise<MetricsServer> {
  const hosts = [address.host.toLowerCase(), hostname().toLowerCase()]
  const server = createServer((request, response) => {
    answer(metrics, hosts, request, response).catch((error: unknown) => end(response, 500, messageOf(error)))
  })
  server.listen(Number(address.port), address.host)
  const port = await listening(server, address)
  return {
    url: `http://${hostOf(address.host)}:${port}/metrics`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

async function answer(
  metrics: MetricsPage,
  hosts: readonly string[],
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (refusalOf(headers, { hosts, origins: [] }) !== undefined) {
    end(response, 403, 'The host of the request is not known here: use the address of this machine, or its own name')
  } else if (url !== '/metrics') end(response, 404, 'There is only /metrics')
  else if (method !== 'GET' && method !== 'HEAD') end(response.setHeader('Allow', 'GET, HEAD'), 405, 'Ask by GET')
  else end(response.setHeader('Content-Type', metrics.contentType), 200, await metrics.text())
}

const end = (response: ServerResponse, status: number, body: string) => void response.writeHead(status).end(body)
