/**
 * Every code that a {@link CookietinError} can carry. The list is part of the public API: codes are added, never renamed.
 */
export const errorCodes = [
  // the caller's input
  'ERR_COOKIETIN_INVALID_TASK',
  'ERR_COOKIETIN_INVALID_CONFIG',
  'ERR_COOKIETIN_INVALID_STATE',
  'ERR_COOKIETIN_INVALID_STATS',
  'ERR_COOKIETIN_INPUT_FAILED',
  'ERR_COOKIETIN_CLOSED',
  // how the task ended (carried by `RunResult.error`)
  'ERR_COOKIETIN_EXIT_NONZERO',
  'ERR_COOKIETIN_COMMAND_NOT_FOUND',
  'ERR_COOKIETIN_COMMAND_NOT_EXECUTABLE',
  'ERR_COOKIETIN_TIMEOUT',
  'ERR_COOKIETIN_CANCELLED',
  'ERR_COOKIETIN_KILLED',
  'ERR_COOKIETIN_OOM_KILLED',
  // a call to a hot function
  'ERR_COOKIETIN_CALL_TIMEOUT',
  'ERR_COOKIETIN_LISTEN_TIMEOUT',
  'ERR_COOKIETIN_SOCKET_UNTRUSTED',
  'ERR_COOKIETIN_FUNCTION_EXITED',
  'ERR_COOKIETIN_FUNCTION_FAILED',
  'ERR_COOKIETIN_RESPONSE_FAILED',
  'ERR_COOKIETIN_RESPONSE_INVALID',
  'ERR_COOKIETIN_RESPONSE_TRUNCATED',
  'ERR_COOKIETIN_RESPONSE_HEADERS_TOO_LARGE',
  'ERR_COOKIETIN_RESPONSE_TOO_LARGE',
  // the engine
  'ERR_COOKIETIN_ENGINE_UNREACHABLE',
  'ERR_COOKIETIN_ENGINE_TIMEOUT',
  'ERR_COOKIETIN_ENGINE_LOST',
  'ERR_COOKIETIN_ENGINE_PROTOCOL',
  'ERR_COOKIETIN_ENGINE_ERROR',
  'ERR_COOKIETIN_API_VERSION',
  'ERR_COOKIETIN_TOO_MANY_FILES',
  'ERR_COOKIETIN_NO_SPACE',
  'ERR_COOKIETIN_START_FAILED',
  'ERR_COOKIETIN_NETWORK_NOT_FOUND',
  'ERR_COOKIETIN_NAME_CONFLICT',
  'ERR_COOKIETIN_NOT_CLEANED',
  // the history
  'ERR_COOKIETIN_HISTORY_FAILED',
  // the inspector
  'ERR_COOKIETIN_INSPECTOR_FAILED',
  // the image
  'ERR_COOKIETIN_IMAGE_NOT_FOUND',
  'ERR_COOKIETIN_IMAGE_AUTH',
  'ERR_COOKIETIN_IMAGE_RATE_LIMITED',
  'ERR_COOKIETIN_IMAGE_CORRUPT',
  'ERR_COOKIETIN_REGISTRY_UNREACHABLE',
  'ERR_COOKIETIN_PULL_TIMEOUT',
  'ERR_COOKIETIN_PULL_FAILED',
] as const

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number]

/** What a {@link CookietinError} is built from. */
export interface CookietinErrorOptions {
  /** The error underneath, kept as it came. */
  readonly cause?: unknown
  /** The cookie that the error belongs to. */
  readonly cookieId?: string | undefined
  /** True when the same call may succeed later without a change of its input. Default false. */
  readonly retryable?: boolean
  /** Names of containers that may still exist on the engine. Default none. */
  readonly leaked?: readonly string[]
}

const brand = Symbol.for('cookietin.error')

/**
 * The only error that cookietin throws or rejects with, and the type of `RunResult.error`.
 *
 * `instanceof` works across copies of the package: it looks for a brand, not for the prototype.
 */
export class CookietinError extends Error {
  override readonly name: string = 'CookietinError'
  /** What happened, for programs. */
  readonly code: ErrorCode
  /** The cookie that the error belongs to, where it belongs to one. */
  readonly cookieId: string | undefined
  /** True when the same call may succeed later without a change of its input. */
  readonly retryable: boolean
  /** Names of containers that may still exist on the engine; `cookietin gc` finds them once this process is gone. */
  readonly leaked: readonly string[]

  constructor(code: ErrorCode, message: string, options: CookietinErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.cookieId = options.cookieId
    this.retryable = options.retryable ?? false
    this.leaked = options.leaked ?? []
  }

  /** On the prototype, where it is not printed with the error. */
  get [brand](): true {
    return true
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== CookietinError) return Function.prototype[Symbol.hasInstance].call(this, value)
    return typeof value === 'object' && value !== null && (value as { [brand]?: unknown })[brand] === true
  }
}

/** One field of a task or of a config that was refused. */
export interface FieldIssue {
  /** The field's path, such as `volumes[0].target`. */
  readonly field: string
  /** The value that was given, shown in short; never that of `env`, `auth` or `input`. */
  readonly value: string
  /** What is allowed, as a phrase that follows "must be". */
  readonly allowed: string
}

/** A task or a config with fields that are not allowed. Nothing was created. Lists every bad field at once. */
export class InvalidInputError extends CookietinError {
  override readonly name = 'InvalidInputError'
  readonly issues: readonly FieldIssue[]

  constructor(
    code: 'ERR_COOKIETIN_INVALID_TASK' | 'ERR_COOKIETIN_INVALID_CONFIG',
    issues: readonly FieldIssue[],
    options?: CookietinErrorOptions,
  ) {
    const what = code === 'ERR_COOKIETIN_INVALID_TASK' ? 'task' : 'config'
    const lines = issues.map(({ field, value, allowed }) => `${field}: ${value} is not allowed, it must be ${allowed}`)
    const message =
      lines.length === 1
        ? `Invalid ${what}: ${lines[0]}`
        : `Invalid ${what}:\n${lines.map(line => `  - ${line}`).join('\n')}`
    super(code, message, options)
    this.issues = issues
  }
}

/** Wraps whatever was thrown; a {@link CookietinError} passes through, told its cookie where it did not know. */
export function toCookietinError(
  error: unknown,
  code: ErrorCode,
  doing: string,
  options: CookietinErrorOptions = {},
): CookietinError {
  if (error instanceof CookietinError) {
    if (error.cookieId === undefined && options.cookieId !== undefined)
      Object.assign(error, { cookieId: options.cookieId })
    return error
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new CookietinError(code, `${doing}: ${reason}`, { ...options, cause: error })
}

/** The error of an action whose caller cancelled it. `doing` is a phrase that follows "could not". */
export function cancelledError(doing: string, reason: unknown): CookietinError {
  return new CookietinError('ERR_COOKIETIN_CANCELLED', `Could not ${doing}: it was cancelled`, { cause: reason })
}

/** One error of many that name what is left. */
export function notCleaned(failures: readonly unknown[]): CookietinError {
  const leaked = failures.flatMap(failure => (failure instanceof CookietinError ? failure.leaked : []))
  const left =
    leaked.length === 0
      ? ''
      : `: ${leaked.join(', ')} may still exist; \`cookietin gc\` finds them once this process is gone`
  return new CookietinError('ERR_COOKIETIN_NOT_CLEANED', `${failures.length} cookies could not be cleaned up${left}`, {
    leaked,
    cause: new AggregateError(failures),
  })
}
