/** Headers by their names, as a caller gives them. */
export type CallHeaders = Headers | Readonly<Record<string, string | readonly string[]>>

/** Headers for one connection only (RFC 9110, 7.6.1, and those that Fn removes, too). */
const hopByHop = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Returns true for a valid name of a header (RFC 9110, 5.1). */
export const isHeaderName = (text: string): boolean => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text)

/** The first character that a header's value cannot have, as `U+20AC`; undefined when all are valid. */
export function strayCharacter(value: string): string | undefined {
  const [stray] = /[^\t\x20-\x7e\x80-\xff]/u.exec(value) ?? []
  return stray === undefined
    ? undefined
    : `U+${(stray.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** Headers that the call sets. Values from the caller are not passed on. */
const ours = new Set(['host', 'content-length', 'expect', 'fn-call-id', 'fn-deadline'])

/** The names that `Connection` headers list: these headers are for that connection only, too. */
function namedBy(connection: Iterable<string>): Set<string> {
  return new Set([...connection].flatMap(value => value.split(',').map(name => name.trim().toLowerCase())))
}

const prefix = 'fn-http-h-'

/** The head of a call's request. */
export interface CallHead {
  readonly callId: string
  /** Unix time in ms. */
  readonly deadline: number
  readonly headers: CallHeaders | undefined
  /** Bytes of the body; undefined when they are not known before the body is sent. */
  readonly length: number | undefined
}

/** The headers of a call by Fn's contract: the caller's own unchanged, and those that the call sets. */
export function requestHeaders({ callId, deadline, headers, length }: CallHead): Record<string, string | string[]> {
  return {
    ...endToEnd(headers),
    host: 'localhost',
    'fn-call-id': callId,
    'fn-deadline': new Date(deadline).toISOString(),
    // Without a length, the body is sent in chunks.
    ...(length !== undefined && { 'content-length': String(length) }),
  }
}

/**
 * The headers by which a gateway passes an HTTP client's headers to a function (Fn's trigger contract): each as `Fn-Http-H-…`, but for
 * `Content-Type`. A client cannot set a header of Fn's contract itself: its `Fn-…` headers become `Fn-Http-H-Fn-…`.
 */
export function gatewayHeaders(headers: Headers): Record<string, string | string[]> {
  const entries = Object.entries(endToEnd(headers))
  return Object.fromEntries(entries.map(([name, value]) => [name === 'content-type' ? name : prefix + name, value]))
}

function endToEnd(headers: CallHeaders | undefined): Record<string, string | string[]> {
  const given = [...(headers instanceof Headers ? headers : Object.entries(headers ?? {}))]
  if (given.length === 0) return {}
  const dropped = namedBy(given.flatMap(([name, value]) => (name.toLowerCase() === 'connection' ? value : [])))
  const kept = given
    .map(([name, value]) => [name.toLowerCase(), typeof value === 'string' ? value : [...value]] as const)
    .filter(([name]) => !hopByHop.has(name) && !ours.has(name) && !dropped.has(name))
  return Object.fromEntries(kept)
}

/** The length that the caller states for a body that is streamed; undefined when there is none. */
export function statedLength(headers: CallHeaders | undefined): number | undefined {
  const given = headers instanceof Headers ? headers : Object.entries(headers ?? {})
  for (const [name, value] of given) {
    if (name.toLowerCase() === 'content-length' && typeof value === 'string' && /^\d{1,15}$/.test(value))
      return Number(value)
  }
  return undefined
}

/** How a response states where its body ends. */
export function frameOf(rawHeaders: readonly string[]): { length: number | undefined; isChunked: boolean } {
  let length: number | undefined
  let isChunked = false
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (name.length === 14 && name.toLowerCase() === 'content-length') length = Number(rawHeaders[index + 1])
    else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') isChunked = true
  }
  return { length, isChunked }
}

/** The head of a function's response, as its caller gets it. */
export interface ResponseHead {
  readonly status: number
  readonly headers: Headers
}

/**
 * The status and headers for the caller: `Fn-Http-Status` and `Fn-Http-H-…` where the function sets them, and its other headers without
 * those of the connection. Only the header that frames the body states its length, never a wrapped one: a gateway that passes the response
 * on would send more or less. Returns undefined for an invalid status.
 */
export function responseHead(rawHeaders: readonly string[], callId: string): ResponseHead | undefined {
  const headers = new Headers()
  const wrapped: [string, string][] = []
  const connection: string[] = []
  let status: number | undefined = 200
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    const value = rawHeaders[index + 1] ?? ''
    const inner = name.startsWith(prefix) ? name.slice(prefix.length) : undefined
    if ((inner ?? name) === 'connection') connection.push(value)
    if (name === 'fn-http-status') status = statusOf(value)
    else if (inner === undefined) headers.append(name, value)
    else if (inner !== '' && inner !== 'content-length') wrapped.push([inner, value])
  }
  if (status === undefined) return undefined
  // A header for the caller replaces one for us of the same name.
  if (wrapped.length > 0) for (const name of new Set(wrapped.map(([name]) => name))) headers.delete(name)
  for (const [name, value] of wrapped) headers.append(name, value)
  for (const name of hopByHop) headers.delete(name)
  if (connection.length > 0) for (const name of namedBy(connection)) if (isHeaderName(name)) headers.delete(name)
  if (hasNoBody(status)) headers.delete('content-length')
  headers.set('fn-call-id', callId)
  return { status, headers }
}

/** Three digits: `0x1f4` and `4.04e2` are not HTTP. */
function statusOf(value: string): number | undefined {
  return /^[2-5]\d\d$/.test(value) ? Number(value) : undefined
}

/** Returns true for a status whose response has no body. */
export const hasNoBody = (status: number): boolean => status === 204 || status === 205 || status === 304
