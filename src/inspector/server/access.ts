import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { type HostParts, isLoopback, parseHost } from '../../utils/host-header.ts'

export interface AccessOptions {
  readonly token: string
  readonly host: string
  readonly port: () => number
  /** Further hosts, each a name with or without a port. */
  readonly allowedHosts?: readonly string[]
}

/** Decides which requests an inspector answers. */
export class Access {
  readonly #token: Buffer
  readonly #host: string
  readonly #port: () => number
  readonly #allowedHosts: readonly (HostParts | undefined)[]

  constructor({ token, host, port, allowedHosts = [] }: AccessOptions) {
    this.#token = digest(token)
    this.#host = host.toLowerCase()
    this.#port = port
    this.#allowedHosts = allowedHosts.map(parseHost)
  }

  /**
   * True for a request with the token, under a name of this inspector, and not from a page of another site.
   * The name matters: a page of another site can have its own name lead here, and so pass the same-origin rule.
   */
  allows({ url = '', method, headers }: IncomingMessage): boolean {
    const [, token = ''] = /^\/([^/?]*)\//.exec(url) ?? []
    // Digests have one length, so the comparison always takes the same time.
    const hasToken = timingSafeEqual(digest(token), this.#token)
    const host = parseHost(headers.host)
    if (!hasToken || !(this.#isOurs(host) || this.#isAllowed(host))) return false
    const { origin } = headers
    const isRead = method === 'GET' || method === 'HEAD'
    // Browsers send the origin with every POST.
    if (origin === undefined ? !isRead : !this.#isOurOrigin(origin)) return false
    return headers['sec-fetch-site'] !== 'cross-site' || method === 'GET'
  }

  #isOurs(host: HostParts | undefined): boolean {
    if (host === undefined || (host.port ?? 80) !== this.#port()) return false
    if (host.name === this.#host) return true
    if (isLoopback(this.#host)) return isLoopback(host.name)
    // Bound to every address: any name can lead here, but an address is this machine's.
    return (this.#host === '0.0.0.0' || this.#host === '::') && (isIP(host.name) > 0 || host.name === 'localhost')
  }

  #isAllowed(host: HostParts | undefined): boolean {
    return this.#allowedHosts.some(
      allowed => allowed?.name === host?.name && (allowed?.port === undefined || allowed.port === host?.port),
    )
  }

  #isOurOrigin(origin: string): boolean {
    const [, scheme, host] = /^(https?):\/\/(.*)$/.exec(origin) ?? []
    // A tunnel to an allowed host may speak TLS. The page itself does not.
    return (
      (scheme === 'http' && this.#isOurs(parseHost(host))) || (scheme !== undefined && this.#isAllowed(parseHost(host)))
    )
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest()
