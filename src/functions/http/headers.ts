/** Headers by their names, as a caller gives them. */
export type CallHeaders = Headers | Readonly<Record<string, string | readonly string[]>>

/** Meant for one connection only (RFC 9110, 7.6.1, and what Fn strips besides). */
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

/** True for a name that a header can have (RFC 9110, 5.1). */
export const isHeaderName = (text: string): boolean => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text)

/** The first character that no header's value can have, as `U+20AC`; undefined where there is none. */
export function strayCharacter(value: string): string | undefined {
  const [stray] = /[^\t\x20-\x7e\x80-\xff]/u.exec(value) ?? []
  return stray === undefined
    ? undefined
    : `U+${(stray.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** Ours to set: what a caller says of them is not passed on. */
const ours = new Set(['host', 'content-length', 'expect', 'fn-call-id', 'fn-deadline'])

/** The names that `Connection` headers give: they are for that connection only, too. */
function namedBy(connection: Iterable<string>): Set<string> {
  return new Set([...connection].flatMap(value => value.split(',').map(name => name.trim().toLowerCase())))
}

const prefix = 'fn-http-h-'

/** What a call's request says of itself. */
export interface CallHead {
  readonly callId: string
  /** Unix time in ms. */
  readonly deadline: number
  readonly headers: CallHeaders | undefined
  /** Bytes of the body; undefined where it is not known before it is sent. */
  readonly length: number | undefined
}

/**
 * The headers of a call as Fn's contract has them: the caller's own as they are, and each again as `Fn-Http-H-…`, where a function
 * behind an HTTP gateway looks for it.
 */
export function requestHeaders({ callId, deadline, headers, length }: CallHead): Record<string, string | string[]> {
  const sent: Record<string, string | string[]> = {
    host: 'localhost',
    'fn-call-id': callId,
    'fn-deadline': new Date(deadline).toISOString(),
    ...(length === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(length) }),
  }
  const given = [...(headers instanceof Headers ? headers : Object.entries(headers ?? {}))]
  const dropped = namedBy(given.flatMap(([name, value]) => (name.toLowerCase() === 'connection' ? value : [])))
  for (const [name, value] of given) {
    const key = name.toLowerCase()
    if (hopByHop.has(key) || ours.has(key) || dropped.has(key)) continue
    const values = typeof value === 'string' ? value : [...value]
    sent[key] = values
    if (key !== 'content-type' && !key.startsWith('fn-')) sent[prefix + key] = values
  }
  return sent
}

/** The length that the caller states for a body that is sent as it comes; undefined where it states none. */
export function statedLength(headers: CallHeaders | undefined): number | undefined {
  const given = headers instanceof Headers ? headers : Object.entries(headers ?? {})
  for (const [name, value] of given) {
    if (name.toLowerCase() === 'content-length' && typeof value === 'string' && /^\d{1,15}$/.test(value))
      return Number(value)
  }
  return undefined
}

/** A function's answer, as its caller sees it. */
export interface AnswerHead {
  readonly status: number
  readonly headers: Headers
}

/**
 * The status and headers for the caller: `Fn-Http-Status` and `Fn-Http-H-…` where the function gives them, and its other headers
 * as they are, but for those that concern the connection. How long the body is says only the header that frames it, never one that
 * is wrapped: whoever passes the answer on would send more or less than it says. Undefined where the function gives a status that is none.
 */
export function answerOf(rawHeaders: readonly string[], callId: string): AnswerHead | undefined {
  const headers = new Headers()
  const wrapped: [string, string][] = []
  const connection: string[] = []
  let status = 200
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    const value = rawHeaders[index + 1] ?? ''
    const inner = name.startsWith(prefix) ? name.slice(prefix.length) : undefined
    if ((inner ?? name) === 'connection') connection.push(value)
    if (name === 'fn-http-status') status = Number(value)
    else if (inner === undefined) headers.append(name, value)
    else if (inner !== '' && inner !== 'content-length') wrapped.push([inner, value])
  }
  if (!(Number.isInteger(status) && status >= 200 && status <= 599)) return undefined
  // What the function says to its caller beats what it says to us under the same name.
  for (const name of new Set(wrapped.map(([name]) => name))) headers.delete(name)
  for (const [name, value] of wrapped) headers.append(name, value)
  for (const name of [...hopByHop, ...namedBy(connection)]) if (isHeaderName(name)) headers.delete(name)
  if (hasNoBody(status)) headers.delete('content-length')
  headers.set('fn-call-id', callId)
  return { status, headers }
}

/** A response to these has no body. */
export const hasNoBody = (status: number): boolean => status === 204 || status === 205 || status === 304
