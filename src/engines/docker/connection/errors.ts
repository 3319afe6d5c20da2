import {
  CookietinError,
  type CookietinErrorOptions,
  type ErrorCode,
  lacksDescriptors,
  moreDescriptors,
} from '../../../errors.ts'
import { redact } from '../../../utils/redact.ts'

/** An error reply of the engine. It is the cause of the error that is made from it. */
export class EngineReply extends Error {
  override readonly name = 'EngineReply'
  readonly status: number
  /** The engine's own message with every secret masked, to be shown. */
  readonly text: string
  readonly #said: string

  /** `said`: the engine's message as it came. `secrets`: values to mask in it. */
  constructor(status: number, said: string, secrets: readonly string[] = []) {
    const text = redact(said, secrets)
    super(`HTTP ${status}: ${text}`)
    this.status = status
    this.text = text
    this.#said = said
  }

  /**
   * The engine's message as it came. Decide by this one: a masked message may have lost the words that matter. It is on
   * the prototype, where it is not printed with the error.
   */
  get said(): string {
    return this.#said
  }
}

interface Rule {
  readonly status?: number
  readonly text: RegExp
  readonly code: ErrorCode
  readonly retryable?: boolean
  /** A remedy, when the code alone does not suggest one. */
  readonly advice?: string
}

/**
 * Error codes by the engine's messages. The first match counts. Statuses are unreliable: a missing network may be a 404
 * "no such container", and a registry's 401, 404 and 429 all arrive as 500.
 */
const rules: readonly Rule[] = [
  { text: /no space left on device|disk quota exceeded/i, code: 'ERR_COOKIETIN_NO_SPACE', retryable: true },
  // What sets the container up runs within the container's own limits.
  {
    text: /start container process: (?:error closing exec fds|unable to init seccomp|.*container init)\b.*too many open files/i,
    code: 'ERR_COOKIETIN_START_FAILED',
    advice: ". It is the container's own limit on open files: raise the task's ulimits.nofile, or leave it out",
  },
  { text: /too many open files/i, code: 'ERR_COOKIETIN_TOO_MANY_FILES', retryable: true },
  { status: 400, text: /client version .* is too (new|old)/i, code: 'ERR_COOKIETIN_API_VERSION' },
  {
    text: /HTTP request to an HTTPS server/i,
    code: 'ERR_COOKIETIN_ENGINE_UNREACHABLE',
    advice: '. It wants TLS: set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH',
  },
  {
    text: /storage-opt is supported only/i,
    code: 'ERR_COOKIETIN_INVALID_TASK',
    advice: '. This engine cannot limit fsSize, which takes overlay2 on xfs with pquota, btrfs or zfs: use tmpFsSize',
  },
  { text: /non-overlapping IPv4 address pool/i, code: 'ERR_COOKIETIN_START_FAILED', retryable: true },
  { text: /network \S+ not found|could not find a? ?network/i, code: 'ERR_COOKIETIN_NETWORK_NOT_FOUND' },
  { text: /does not match the specified platform/i, code: 'ERR_COOKIETIN_IMAGE_NOT_FOUND' },
  { text: /no such image/i, code: 'ERR_COOKIETIN_IMAGE_NOT_FOUND' },
  { text: /cannot (pause|resume) a \w+ (process|container)/i, code: 'ERR_COOKIETIN_INVALID_STATE' },
  { text: /container state improper/i, code: 'ERR_COOKIETIN_INVALID_STATE' },
  { status: 409, text: /name .* is already in use/i, code: 'ERR_COOKIETIN_NAME_CONFLICT' },
  // The engine's own helpers (containerd, its shims) are being restarted.
  {
    text: /error while dialing|transport is closing|ttrpc: closed|: unavailable\b/i,
    code: 'ERR_COOKIETIN_ENGINE_ERROR',
    retryable: true,
  },
]

/** The error for an error reply. `doing` names the act and its object: "create container x". */
export function replyError(reply: EngineReply, doing: string, options: CookietinErrorOptions = {}): CookietinError {
  const { status, text, said } = reply
  const rule = rules.find(rule => (rule.status ?? status) === status && rule.text.test(said))
  const code = rule?.code ?? codeOfStatus(status)
  return new CookietinError(
    code,
    `Could not ${doing}: the engine answered ${status}, "${text}"${rule?.advice ?? advice(code)}`,
    {
      retryable: rule?.retryable ?? (status >= 502 && status <= 504),
      ...options,
      cause: reply,
    },
  )
}

/** The error of a call without a complete reply. `sawHeaders`: the reply had begun. */
export function connectionError(error: unknown, doing: string, sawHeaders: boolean): CookietinError {
  if (error instanceof CookietinError) return error
  const { code: errno = '', message } = error as NodeJS.ErrnoException
  const code = codeOfErrno(errno, sawHeaders)
  const what = sawHeaders ? 'the engine broke off its reply' : 'no reply from the engine'
  return new CookietinError(code, `Could not ${doing}: ${what} (${message})${advice(code)}`, {
    retryable: true,
    cause: error,
  })
}

/** The error of a reply that a Docker Engine does not give. */
export function protocolError(doing: string, what: string): CookietinError {
  const message = `Could not ${doing}: this does not look like a Docker Engine, ${what}. Check the address, and what stands in front of it`
  return new CookietinError('ERR_COOKIETIN_ENGINE_PROTOCOL', message)
}

/** The error reply that caused an error. Undefined when there was none. */
export function replyOf(error: unknown): EngineReply | undefined {
  const cause = error instanceof CookietinError ? error.cause : undefined
  return cause instanceof EngineReply ? cause : undefined
}

/** True when the engine does not have the image. */
export function isMissingImage(error: unknown): boolean {
  return error instanceof CookietinError && error.code === 'ERR_COOKIETIN_IMAGE_NOT_FOUND'
}

/** True when this process or the engine has no more file descriptors. There may be some again soon. */
export function isOutOfFiles(error: unknown): boolean {
  return error instanceof CookietinError && error.code === 'ERR_COOKIETIN_TOO_MANY_FILES'
}

/** True when the request certainly did not reach the engine: no connection could be made. It may be possible later. */
export function isUnreached(error: unknown): boolean {
  if (!(error instanceof CookietinError) || replyOf(error) !== undefined) return false
  const { code = '', syscall = '' } = (error.cause ?? {}) as NodeJS.ErrnoException
  if (lacksDescriptors(error.cause)) return true
  // A socket that this user may not open stays closed.
  return ['connect', 'getaddrinfo'].includes(syscall) && !['EACCES', 'EPERM'].includes(code)
}

/** True when the engine could not be reached, or its reply was cut. A call that changes nothing may be repeated. */
export function isDisconnected(error: unknown): boolean {
  if (isUnreached(error)) return true
  if (!(error instanceof CookietinError) || replyOf(error) !== undefined) return false
  return error.code === 'ERR_COOKIETIN_ENGINE_LOST' || (isLostReply(error) && !isProtocolError(error))
}

const isProtocolError = ({ code }: CookietinError) => code === 'ERR_COOKIETIN_ENGINE_PROTOCOL'

/** True when the engine may have carried the request out although its reply was lost. */
export function isLostReply(error: unknown): boolean {
  if (!(error instanceof CookietinError) || replyOf(error) !== undefined) return false
  if (error.code === 'ERR_COOKIETIN_ENGINE_LOST' || error.code === 'ERR_COOKIETIN_ENGINE_PROTOCOL') return true
  const { code = '', syscall } = (error.cause ?? {}) as NodeJS.ErrnoException
  return syscall !== 'connect' && ['ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(code)
}

function codeOfErrno(errno: string, sawHeaders: boolean): ErrorCode {
  if (lacksDescriptors({ code: errno })) return 'ERR_COOKIETIN_TOO_MANY_FILES'
  if (sawHeaders) return errno.startsWith('HPE_') ? 'ERR_COOKIETIN_ENGINE_PROTOCOL' : 'ERR_COOKIETIN_ENGINE_LOST'
  // An error with a code that is not the HTTP parser's comes from the network or from TLS.
  return errno === '' || errno.startsWith('HPE_') ? 'ERR_COOKIETIN_ENGINE_PROTOCOL' : 'ERR_COOKIETIN_ENGINE_UNREACHABLE'
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 409) return 'ERR_COOKIETIN_INVALID_STATE'
  if (status < 400) return 'ERR_COOKIETIN_ENGINE_PROTOCOL'
  return 'ERR_COOKIETIN_ENGINE_ERROR'
}

const advices: Partial<Record<ErrorCode, string>> = {
  ERR_COOKIETIN_NO_SPACE: '. Free space on the engine (docker system df shows what takes it)',
  ERR_COOKIETIN_TOO_MANY_FILES: moreDescriptors,
  ERR_COOKIETIN_IMAGE_NOT_FOUND: '. Check the name, or pull or build the image first',
  ERR_COOKIETIN_IMAGE_AUTH: '. Check the name of the image and the credentials for its registry',
  ERR_COOKIETIN_IMAGE_RATE_LIMITED: '. Wait, or give credentials for the registry',
  ERR_COOKIETIN_NETWORK_NOT_FOUND:
    ". Create it first (docker network create), or correct the task's network, or the config's dockerNetworks or preForkNetworks",
  ERR_COOKIETIN_ENGINE_UNREACHABLE:
    '. Check that it runs and that you may use it; `cookietin doctor` shows what was tried',
  ERR_COOKIETIN_REGISTRY_UNREACHABLE: '. Check the registry and the network of the engine, then try again',
}

/** What to do about an error, as a phrase that ends its message. Empty where there is nothing to say. */
export function advice(code: ErrorCode): string {
  return advices[code] ?? ''
}
