import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { parseHost } from '../../../utils/host-header.ts'

/** The names and origins that a server answers besides its own. */
export interface AccessOptions {
  /** Names that lead to the server, in lower case. */
  readonly hosts: readonly string[]
  /** Origins whose pages may call the functions, such as `https://app.example`. */
  readonly origins: readonly string[]
}

/**
 * Returns why a request is refused, or undefined if it is answered. A page of another origin may not call a function.
 * An unknown name in `Host` is refused, too: a page could let its own name lead to this machine (DNS rebinding).
 */
export function refusalOf(headers: IncomingHttpHeaders, { hosts, origins }: AccessOptions): string | undefined {
  const host = parseHost(headers.host)
  if (headers.host !== undefined && (host === undefined || !isOurs(host.name, hosts))) {
    return `The host of the request is not known here: start the server with --allowed-host ${host?.name ?? 'NAME'} if it is yours`
  }
  const { origin } = headers
  if (origin !== undefined) {
    const isSame = /^https?:\/\//.test(origin) && origin.replace(/^https?:\/\//, '') === headers.host
    return isSame || origins.includes(origin) ? undefined : crossOrigin
  }
  // Browsers send it with every request, also where they send no origin.
  const site = headers['sec-fetch-site']
  return site === undefined || site === 'none' || site === 'same-origin' ? undefined : crossOrigin
}

/**
 * Returns why a request is malformed, or undefined. The host that is checked must be the one that a function sees: there is one `Host`
 * (RFC 9112, 3.2), and a target that is a whole URL names the same.
 */
export function faultOf({ rawHeaders, headers, url = '' }: IncomingMessage): string | undefined {
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length
  if (hosts > 1) return 'A request has one Host header'
  if (url.startsWith('/')) return undefined
  const target = URL.canParse(url) ? new URL(url) : undefined
  return target !== undefined && target.host === headers.host?.toLowerCase()
    ? undefined
    : "A request's target is a path, or a URL of its Host"
}

const crossOrigin =
  'Pages of another origin may not call functions: start the server with --allowed-origin ORIGIN to let one in'

const isOurs = (name: string, hosts: readonly string[]) =>
  name === 'localhost' || isIP(name) > 0 || hosts.includes(name)
