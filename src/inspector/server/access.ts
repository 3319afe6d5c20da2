import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** Who may talk to an inspector. */
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
   * The path behind the token; undefined where the request may not be answered: its token is wrong, or it came from a page of another site, or
   * under a name that is not ours (a foreign name that leads here is how such a page would get around the rule of the same origin).
   */
  pathOf({ url = '', method, headers }: IncomingMessage): string | undefined {
    const [, token, path] = /^\/([^/?]*)\/([^?]*)(?:\?.*)?$/.exec(url) ?? []
    // By digest: the comparison takes as long whatever the length.
    const mayPass = timingSafeEqual(digest(token ?? ''), this.#token)
    if (!mayPass || !this.#isOurs(headers.host)) return undefined
    const { origin } = headers
    // A browser tells the origin of every POST.
    if (origin === undefined ? method !== 'GET' && method !== 'HEAD' : !this.#isOurs(originHost(origin)))
      return undefined
    if (headers['sec-fetch-site'] === 'cross-site' && method !== 'GET') return undefined
    return path
  }

  #isOurs(host: string | undefined): boolean {
    const [, name, port] = /^(\[[\da-f:]+\]|[^:]+)(?::(\d+))?$/i.exec(host ?? '') ?? []
    if (name === undefined || Number(port ?? 80) !== this.#port()) return false
    const plain = name.toLowerCase().replace(/^\[|\]$/g, '')
    if (plain === this.#host.toLowerCase()) return true
    if (isLoopback(this.#host)) return isLoopback(plain)
    // Bound to every address: a name could be anybody's, an address is this machine's.
    return (this.#host === '0.0.0.0' || this.#host === '::') && (isIP(plain) > 0 || plain === 'localhost')
  }
}

/** True for the addresses of this machine only. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host)

const digest = (text: string) => createHash('sha256').update(text).digest()

const originHost = (origin: string) => (/^http:\/\//.test(origin) ? origin.slice('http://'.length) : undefined)
