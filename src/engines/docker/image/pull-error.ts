import { CookietinError, type ErrorCode } from '../../../errors.ts'
import { redact } from '../../../utils/redact.ts'
import { advice } from '../connection/errors.ts'

/** What a failed pull means. */
interface Verdict {
  readonly code: ErrorCode
  /** The same pull may succeed later. */
  readonly passing: boolean
}

interface Rule extends Verdict {
  readonly text: RegExp
}

const notFound: Verdict = { code: 'ERR_COOKIETIN_IMAGE_NOT_FOUND', passing: false }
const auth: Verdict = { code: 'ERR_COOKIETIN_IMAGE_AUTH', passing: false }
const rateLimited: Verdict = { code: 'ERR_COOKIETIN_IMAGE_RATE_LIMITED', passing: true }
const unreachable: Verdict = { code: 'ERR_COOKIETIN_REGISTRY_UNREACHABLE', passing: true }
const refused: Verdict = { code: 'ERR_COOKIETIN_PULL_FAILED', passing: false }
const unknown: Verdict = { code: 'ERR_COOKIETIN_PULL_FAILED', passing: true }

/** Messages that mean the same whatever HTTP status stands in them. The first match counts. */
const clear: readonly Rule[] = [
  { text: /toomanyrequests|too many requests|rate limit/i, ...rateLimited },
  { text: /no space left on device|disk quota exceeded/i, code: 'ERR_COOKIETIN_NO_SPACE', passing: true },
  { text: /too many open files/i, code: 'ERR_COOKIETIN_TOO_MANY_FILES', passing: true },
  {
    text: /verification failed|unknown blob|blob unknown|layers from manifest don't match|unexpected EOF|invalid (checksum|tar)|manifest (list )?invalid/i,
    code: 'ERR_COOKIETIN_IMAGE_CORRUPT',
    passing: true,
  },
]

/** Messages without an HTTP status. The first match counts. What matches none of them may pass. */
const rest: readonly Rule[] = [
  // The certificate stays as it is.
  { text: /x509|server gave HTTP response/i, ...unreachable, passing: false },
  // A proxy and a plugin of the engine are not the registry.
  { text: /denied by plugin|proxy authentication required/i, ...refused },
  // Docker Hub's message is "pull access denied … repository does not exist or may require 'docker login'" in both
  // cases. "permission denied" comes from the engine's own disk.
  { text: /no basic auth credentials|unauthorized|(?<!permission )\bdenied|forbidden|insufficient_scope/i, ...auth },
  {
    text: /manifest unknown|manifest for .* not found|name unknown|repository .*not found|no matching manifest|cannot be used on this platform/i,
    ...notFound,
  },
  {
    text: /invalid reference|unsupported (manifest|media ?type)|media ?type .*(unsupported|not supported)|no longer supported/i,
    ...refused,
  },
  {
    text: /connection|no such host|server misbehaving|name resolution|timeout|timed out|deadline exceeded|\btls\b|no route to host|network is|host is down|broken pipe|\bEOF\b|stream error|GOAWAY|http2|bad gateway|service unavailable|internal server error|gateway time-?out|redirect/i,
    ...unreachable,
  },
  { text: /\bnot found\b/i, ...notFound },
]

/** "error parsing HTTP 429 response body", "unexpected status from GET request to …: 403 Forbidden", "status: 401" */
const httpStatus = /\bHTTP ([45]\d\d)\b|\bstatus\b[^"]*?[:= ]([45]\d\d)(?![:\w/.-])|\b([45]\d\d) [A-Z][a-z]/

function verdictOn(text: string): Verdict {
  const rule = clear.find(rule => rule.text.test(text))
  if (rule !== undefined) return rule
  const [, ...found] = httpStatus.exec(text) ?? []
  const status = Number(found.find(digits => digits !== undefined))
  return (
    (status > 0 ? verdictOnStatus(status) : undefined) ??
    rest.find(({ text: pattern }) => pattern.test(text)) ??
    unknown
  )
}

function verdictOnStatus(status: number): Verdict {
  if (status === 429) return rateLimited
  if (status === 401 || status === 403) return auth
  if (status === 404) return notFound
  // 408 is a timeout, 425 comes too early.
  return status >= 500 || status === 408 || status === 425 ? unreachable : refused
}

/** The parts of {@link pullError} that are not in the message. */
export interface PullFailure {
  readonly image: string
  /** Values to mask in the error. They do not change what the message means. */
  readonly secrets: readonly string[]
  readonly cause?: unknown
}

/** The error of a failed pull. `text` is the message of the engine or the registry, as it came. */
export function pullError(text: string, { image, secrets, cause }: PullFailure): CookietinError {
  const { code, passing } = verdictOn(text)
  return new CookietinError(code, `Could not pull image ${image}: "${redact(text, secrets)}"${advice(code)}`, {
    retryable: passing,
    cause,
  })
}
