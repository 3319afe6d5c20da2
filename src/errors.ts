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
  'ERR_COOKIETIN_FILES_FAILED',
  'ERR_COOKIETIN_CLOSED',
  // how the task ended (carried by `RunResult.error`)
  'ERR_COOKIETIN_EXIT_NONZERO',
  'ERR_COOKIETIN_COMMAND_NOT_FOUND',
  'ERR_COOKIETIN_COMMAND_NOT_EXECUTABLE',
  'ERR_COOKIETIN_TIMEOUT',
  'ERR_COOKIETIN_CANCELLED',
  'ERR_COOKIETIN_KILLED',
  'ERR_COOKIETIN_OOM_KILLED',
  'ERR_COOKIETIN_OUTPUT_TOO_LARGE',
  'ERR_COOKIETIN_ARTIFACTS_FAILED',
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
  // the cluster
  'ERR_COOKIETIN_HOST_LOST',
  'ERR_COOKIETIN_CLUSTER_FAILED',
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

/** Options of a {@link CookietinError}. */
export interface CookietinErrorOptions {
  /** The underlying error, unchanged. */
  readonly cause?: unknown
  /** The id of the cookie that failed. */
  readonly cookieId?: string | undefined
  /**
   * True when the same call, with the same input, may succeed later.
   *
   * @default false
   */
  readonly retryable?: boolean
  /**
   * Names of containers that may still exist on the engine.
   *
   * @default none
   */
  readonly leaked?: readonly string[]
}

/** A {@link CookietinError} in JSON. */
export interface ErrorJson {
  readonly name: string
  readonly code: ErrorCode
  readonly message: string
  readonly cookieId?: string | undefined
  readonly retryable?: true | undefined
  readonly leaked?: readonly string[] | undefined
  /** The cause's name and message. */
  readonly cause?: { readonly name: string; readonly code?: unknown; readonly message: string } | undefined
}

const brand = Symbol.for('cookietin.error')

/**
 * The only error that cookietin throws or rejects with, and the type of `RunResult.error`.
 *
 * `instanceof` works across copies of the package: it checks a brand in place of the prototype.
 */
export class CookietinError extends Error {
  override readonly name: string = 'CookietinError'
  /** The kind of failure, for programs. */
  readonly code: ErrorCode
  /** The id of the cookie that failed, when there is one. */
  readonly cookieId: string | undefined
  /** True when the same call, with the same input, may succeed later. */
  readonly retryable: boolean
  /** Names of containers that may still exist on the engine. `cookietin gc` removes them after this process has ended. */
  readonly leaked: readonly string[]

  constructor(code: ErrorCode, message: string, options: CookietinErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.cookieId = options.cookieId
    this.retryable = options.retryable ?? false
    this.leaked = options.leaked ?? []
  }

  /** Returns what `JSON.stringify` writes: the message and the cause, too, which a plain `Error` would lose. */
  toJSON(): ErrorJson {
    const { name, code, message, cookieId, retryable, leaked, cause } = this
    return {
      name,
      code,
      message,
      ...(cookieId !== undefined && { cookieId }),
      ...(retryable && { retryable }),
      ...(leaked.length > 0 && { leaked }),
      ...(cause !== undefined && { cause: causeJson(cause) }),
    }
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

function causeJson(cause: unknown): ErrorJson['cause'] {
  if (!(cause instanceof Error)) return { name: typeof cause, message: messageOf(cause) }
  const { code } = cause as { readonly code?: unknown }
  return { name: cause.name, ...(code !== undefined && { code }), message: messageOf(cause) }
}

/** One field of a task or a config that was refused. */
export interface FieldIssue {
  /** The field's path, such as `volumes[0].target`. */
  readonly field: string
  /** The given value, shortened. The values of `env`, `auth` and `input` are never shown. */
  readonly value: string
  /** What is allowed, as a phrase that follows "must be". */
  readonly allowed: string
}

/** A task or a config has fields that are not allowed. Nothing was created. All bad fields are listed at once. */
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

  override toJSON(): ErrorJson & { readonly issues: readonly FieldIssue[] } {
    return { ...super.toJSON(), issues: this.issues }
  }
}

/** Returns the message of any thrown value. A value whose message cannot be read must not break the report of a failure. */
export function messageOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return String(thrown.message)
    return typeof thrown === 'object' && thrown !== null ? (JSON.stringify(thrown) ?? String(thrown)) : String(thrown)
  } catch {
    return 'a value that cannot be printed'
  }
}

/** Returns a thrown value as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown))
}

/** Wraps any thrown value. A {@link CookietinError} is returned as is, with `cookieId` filled in. */
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
  return new CookietinError(code, `${doing}: ${messageOf(error)}`, { ...options, cause: error })
}

/** The error of an action whose caller cancelled it. `doing` is a phrase that follows "could not". */
export function cancelledError(doing: string, reason: unknown): CookietinError {
  return new CookietinError('ERR_COOKIETIN_CANCELLED', `Could not ${doing}: it was cancelled`, { cause: reason })
}

/** The error of a pool that is closed; undefined when it has left nothing. */
export function leftBy(pool: string, leaked: readonly string[]): CookietinError | undefined {
  if (leaked.length === 0) return undefined
  return new CookietinError('ERR_COOKIETIN_NOT_CLEANED', `Of ${pool}, ${mayExist(leaked)}`, { leaked })
}

const mayExist = (leaked: readonly string[]) =>
  `${leaked.join(', ')} may still exist; \`cookietin gc\` finds them once this process is gone`

/** Joins the errors of several removals into one, with the names of all that is left. */
export function notCleaned(failures: readonly unknown[]): CookietinError {
  const leaked = [...new Set(failures.flatMap(failure => (failure instanceof CookietinError ? failure.leaked : [])))]
  const left = leaked.length === 0 ? '' : `: ${mayExist(leaked)}`
  return new CookietinError('ERR_COOKIETIN_NOT_CLEANED', `${failures.length} cookies could not be cleaned up${left}`, {
    leaked,
    cause: new AggregateError(failures),
  })
}

/** What to do about a lack of file descriptors, as a phrase that ends a message. */
export const moreDescriptors = '. Run fewer at once, or raise the limit on open files (ulimit -n)'

/** True for the system's error when this process, or the machine, has no more file descriptors: nothing was asked, so nothing is known. */
export const lacksDescriptors = (error: unknown): boolean => ['EMFILE', 'ENFILE'].includes(Object(error).code)

/** The error of an act that needs a file descriptor. `doing` names the act and its object. */
export function descriptorError(doing: string, cause: unknown): CookietinError {
  const message = `Could not ${doing}: ${messageOf(cause)}${moreDescriptors}`
  return new CookietinError('ERR_COOKIETIN_TOO_MANY_FILES', message, { cause, retryable: true })
}
