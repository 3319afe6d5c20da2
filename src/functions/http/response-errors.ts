import { CookietinError } from '../../errors.ts'

/** What can be wrong with an answer. */
export type Flaw = 'INVALID' | 'FAILED' | 'TRUNCATED' | 'TOO_LARGE' | 'HEADERS_TOO_LARGE'

/** The error for an answer after which nobody knows what the function is at. */
export function badAnswer(flaw: Flaw, why: string, cause?: unknown): CookietinError {
  return new CookietinError(
    `ERR_COOKIETIN_RESPONSE_${flaw}`,
    `The function gave no good answer: ${why}. Its container is ended`,
    { cause },
  )
}

/** The error for a connection that broke, by what Node.js says of it. */
export function brokenAnswer(
  error: NodeJS.ErrnoException,
  { began, maxHeaderSize }: { readonly began: boolean; readonly maxHeaderSize: number },
): CookietinError {
  const { code, message } = error
  if (code === 'HPE_HEADER_OVERFLOW')
    return badAnswer('HEADERS_TOO_LARGE', `its headers are larger than ${maxHeaderSize} bytes`, error)
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW')
    return badAnswer('HEADERS_TOO_LARGE', 'what it says of the chunks of its body is larger than 16 KiB', error)
  if (code?.startsWith('HPE_')) return badAnswer('INVALID', `its answer is not HTTP (${message})`, error)
  if (began) return badAnswer('TRUNCATED', 'it closed the connection in the middle of its answer', error)
  return badAnswer('FAILED', `the connection broke before its answer (${message})`, error)
}

/** The error for a function that says itself that it failed, or ran out of time. */
export function refusal(status: 502 | 504, said: Buffer): CookietinError {
  const text = said.toString().slice(0, 1_000) || '(it says no more)'
  return status === 502
    ? new CookietinError('ERR_COOKIETIN_FUNCTION_FAILED', `The function failed: ${text}`)
    : new CookietinError('ERR_COOKIETIN_CALL_TIMEOUT', `The function ran out of time: ${text}`)
}

/** The error for an answer whose caller does not want the rest. */
export function unread(reason: unknown): CookietinError {
  return new CookietinError('ERR_COOKIETIN_CANCELLED', 'The response was not read to its end', { cause: reason })
}
