import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { CookietinError } from '../../errors.ts'
import { Access } from './access.ts'
import { pageFiles } from './page-files.ts'
import { type PageEnv, sendRawBodies } from './raw-body.ts'

/** The page loads its own files only, has no inline script or style, and cannot be framed. */
const headers = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'blob:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  // The inspector speaks plain HTTP.
  strictTransportSecurity: false,
})

export interface PageServerOptions {
  readonly folder: string
  readonly host: string
  /** 0: a free port. */
  readonly port: number
  readonly token: string
  /** Further hosts by which pages may reach it, each a name with or without a port. */
  readonly allowedHosts?: readonly string[]
  /** The routes of the page besides its files. */
  readonly routes: Hono<PageEnv>
}

const forbidden =
  'Forbidden: open the URL that the inspector printed, whole. To reach it by another name or port, list it in allowedHosts (--inspect-allowed-host)\n'

/** A server of the page, for requests that have the token. */
export interface PageServer {
  readonly url: string
  close(): Promise<void>
}

/**
 * Serves the page.
 *
 * @throws CookietinError `ERR_COOKIETIN_INSPECTOR_FAILED` if it cannot listen.
 */
export async function servePage({
  folder,
  host,
  port,
  token,
  allowedHosts = [],
  routes,
}: PageServerOptions): Promise<PageServer> {
  const boundPort = (): number => (server.address() as AddressInfo | null)?.port ?? port
  const access = new Access({ token, host, port: boundPort, allowedHosts })
  const files = pageFiles(folder)
  const app = new Hono<PageEnv>()
    .use(sendRawBodies, headers)
    .use(async (context, next) => {
      context.header('Cache-Control', 'no-store')
      if (access.allows(context.env.incoming)) return await next()
      return context.text(forbidden, 403)
    })
    .route('/:token', routes)
    .get('/:token/', files)
    .get('/:token/:file', files)
    .get('*', context => context.text('Not found\n', 404))
    .all('*', context => context.text('Method not allowed\n', 405))
    .onError((error, context) => context.text(`${error.message}\n`, 500))
  // A library leaves the globals of its process alone.
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  }).catch((cause: Error) => {
    const message = `Cannot start the inspector at ${host}:${port}: ${cause.message}`
    throw new CookietinError('ERR_COOKIETIN_INSPECTOR_FAILED', message, { cause })
  })
  return {
    url: `http://${nameOf(host)}:${boundPort()}/${token}/`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The host in a URL. A browser cannot open the address that stands for all addresses. */
function nameOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
