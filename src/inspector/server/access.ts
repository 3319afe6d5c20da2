import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** Decides which requests an inspector answers. */
export class Access {
  readonly #token: Buffer
  readonly #host: string
  readonly #port: () => number

  constructor({ token, host, port }: { readonly token: string; readonly host: string; readonly port: () => number }) {
    this.#token = digest(token)
    this.#host = host
    this.#port = port
  }

  /**
   * True for a request with the token, under a name of this inspector, and not from a page of another site.
   * The name matters: a page of another site can have its own name lead here, and so pass the same-origin rule.
   */
  allows({ url = '', method, headers }: IncomingMessage): boolean {
    const [, token = ''] = /^\/([^/?]*)\//.exec(url) ?? []
    // Digests have one length, so the comparison always takes the same time.
    const hasToken = timingSafeEqual(digest(token), this.#token)
    if (!hasToken || !this.#isOurs(headers.host)) return false
    const { origin } = headers
    const isRead = method === 'GET' || method === 'HEAD'
    // Browsers send the origin with every POST.
    if (origin === undefined ? !isRead : !this.#isOurs(originHost(origin))) return false
    return headers['sec-fetch-site'] !== 'cross-site' || method === 'GET'
  }

  #isOurs(host: string | undefined): boolean {
    const [, name, port] = /^(\[[\da-f:]+\]|[^:]+)(?::(\d+))?$/i.exec(host ?? '') ?? []
    if (name === undefined || Number(port ?? 80) !== this.#port()) return false
    const plain = name.toLowerCase().replace(/^\[|\]$/g, '')
    if (plain === this.#host.toLowerCase()) return true
    if (isLoopback(this.#host)) return isLoopback(plain)
    // Bound to every address: any name can lead here, but an address is this machine's.
    return (this.#host === '0.0.0.0' || this.#host === '::') && (isIP(plain) > 0 || plain === 'localhost')
  }
}

/** True for a name or an address that only this machine can reach. */
const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host)

const digest = (text: string) => createHash('sha256').update(text).digest()

const originHost = (origin: string) => (/^http:\/\//.test(origin) ? origin.slice('http://'.length) : undefined)
