import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CookietinError } from '../../errors.ts'
import { Access, isLoopback } from './access.ts'
import { pageFile } from './page-files.ts'

/** The page may load what is beside it, and nothing else; no script or style in its text; no other page may frame it. */
const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
}

/** Answers what is not a file of the page; false where there is no such thing. */
export type Route = (path: string, request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>

export interface PageServerOptions {
  readonly folder: URL
  readonly host: string
  /** 0: one that is free. */
  readonly port: number
  readonly token: string
  readonly route: Route
}

/** Serves the page to those who know the token. */
export interface PageServer {
  readonly url: string
  close(): Promise<void>
}

/** Rejects with `ERR_COOKIETIN_INSPECTOR_FAILED` where the port cannot be had. */
export async function servePage({ folder, host, port, token, route }: PageServerOptions): Promise<PageServer> {
  const portOf = (): number => (server.address() as AddressInfo | null)?.port ?? port
  const access = new Access({ token, host, port: portOf })
  const server: Server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    const path = access.pathOf(request)
    if (path === undefined) return reply(response, 403, 'Forbidden: open the URL that the inspector printed, whole\n')
    if (await route(path, request, response)) return
    if (request.method !== 'GET' && request.method !== 'HEAD') return reply(response, 405, 'Method not allowed\n')
    const file = await pageFile(folder, path === '' ? 'index.html' : path)
    if (file === undefined) return reply(response, 404, 'Not found\n')
    response.writeHead(200, { 'Content-Type': file.type }).end(request.method === 'HEAD' ? undefined : file.body)
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  }).catch((error: Error) => {
    throw new CookietinError(
      'ERR_COOKIETIN_INSPECTOR_FAILED',
      `Cannot start the inspector at ${host}:${port}: ${error.message}`,
      {
        cause: error,
      },
    )
  })
  // A browser cannot open the address that stands for all.
  const name =
    host === '0.0.0.0' || host === '::' ? 'localhost' : isLoopback(host) || !host.includes(':') ? host : `[${host}]`
  return {
    url: `http://${name === '::1' ? '[::1]' : name}:${portOf()}/${token}/`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function reply(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text)
}

/** Answers with JSON. */
export function replyJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
}

/** A short request's body. */
export async function bodyOf(request: IncomingMessage, most = 4_096): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > most) throw new Error('too long')
  }
  return text
}
