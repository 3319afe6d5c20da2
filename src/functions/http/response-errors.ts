import { CookietinError, type ErrorCode } from '../../errors.ts'

/** What can be wrong with a response. */
export type ResponseFault = 'invalid' | 'failed' | 'truncated' | 'tooLarge' | 'headersTooLarge'

const codes: Readonly<Record<ResponseFault, ErrorCode>> = {
  invalid: 'ERR_COOKIETIN_RESPONSE_INVALID',
  failed: 'ERR_COOKIETIN_RESPONSE_FAILED',
  truncated: 'ERR_COOKIETIN_RESPONSE_TRUNCATED',
  tooLarge: 'ERR_COOKIETIN_RESPONSE_TOO_LARGE',
  headersTooLarge: 'ERR_COOKIETIN_RESPONSE_HEADERS_TOO_LARGE',
}

/** The error for a response after which the state of the function is unknown. */
export function responseError(fault: ResponseFault, why: string, cause?: unknown): CookietinError {
  return new CookietinError(codes[fault], `The function's response cannot be used: ${why}. Its container is ended`, {
    cause,
  })
}

/** The error for a connection that broke, by undici's or Node.js's error. */
export function connectionError(
  error: NodeJS.ErrnoException,
  { began, maxHeaderSize }: { readonly began: boolean; readonly maxHeaderSize: number },
): CookietinError {
  const { code, message } = error
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return responseError('headersTooLarge', `its headers are larger than ${maxHeaderSize} bytes`, error)
  if (isNotHttp(error, began)) return responseError('invalid', `it is not HTTP (${message})`, error)
  if (began) return responseError('truncated', 'the connection closed before its end', error)
  return responseError('failed', `the connection broke before its start (${message})`, error)
}

/** True for a response that the client's parser refuses, and for one that was not asked for. */
function isNotHttp({ name, code, message }: NodeJS.ErrnoException, began: boolean): boolean {
  if (name === 'HTTPParserError' || (code === 'UND_ERR_SOCKET' && /^bad (response|upgrade)$/.test(message))) return true
  // The parser's name for every fault of a response that states a length.
  return !began && code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
}

/** True for an error of the request's body: it is longer or shorter than it was said to be. */
export const isOfBody = ({ code }: NodeJS.ErrnoException): boolean => code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'

/** The error for a function that reports a failure of its own, or that it ran out of time. */
export function reportedError(status: 502 | 504, body: Buffer): CookietinError {
  const text = body.toString().slice(0, 1_000) || '(without a message)'
  return status === 502
    ? new CookietinError('ERR_COOKIETIN_FUNCTION_FAILED', `The function failed: ${text}`)
    : new CookietinError('ERR_COOKIETIN_CALL_TIMEOUT', `The function ran out of time: ${text}`)
}

const headersRefusal = "The function's HTTP server refused the call with the status 431: send fewer or shorter headers"

/** The error for a call whose headers the function's HTTP server does not take. The container serves on. */
export function headersRefused(): CookietinError {
  return new CookietinError('ERR_COOKIETIN_RESPONSE_INVALID', headersRefusal)
}

/** Returns true for an error of {@link headersRefused}. */
export const isHeadersRefusal = ({ message }: CookietinError): boolean => message === headersRefusal

/** The error for a response whose caller cancelled its body. */
export function cancelledBody(reason: unknown): CookietinError {
  return new CookietinError('ERR_COOKIETIN_CANCELLED', 'The response was not read to its end', { cause: reason })
}
