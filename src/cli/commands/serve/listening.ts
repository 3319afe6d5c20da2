import { once } from 'node:events'
import type { Server } from 'node:http'
import { CookietinError, messageOf } from '../../../errors.ts'

/** Where a server is to listen. */
export interface Address {
  readonly host: string
  readonly port: number | string
}

/**
 * Waits until a server listens. Returns its port.
 *
 * @throws CookietinError `ERR_COOKIETIN_INVALID_CONFIG` when it cannot listen there.
 */
export async function listening(server: Server, { host, port }: Address): Promise<number> {
  try {
    if (!server.listening) await once(server, 'listening')
  } catch (cause) {
    throw new CookietinError(
      'ERR_COOKIETIN_INVALID_CONFIG',
      `Cannot listen on ${host}:${port}: ${messageOf(cause)}. Use another port or address`,
      { cause },
    )
  }
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A host as a URL has it. */
export const hostOf = (host: string): string => (host.includes(':') ? `[${host}]` : host)
