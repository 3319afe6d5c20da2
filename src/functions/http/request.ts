import type { Writable } from 'node:stream'
import { readInput } from '../../task/streams.ts'
import type { TaskInput } from '../../task/task.ts'
import { Issues } from '../../utils/validation/issues.ts'
import { checkKnown } from '../../utils/validation/known-options.ts'
import { milliseconds, or } from '../../utils/validation/rules.ts'
import { signalIssue } from '../../utils/validation/signal.ts'
import { type CallHeaders, isHeaderName, strayCharacter } from './headers.ts'

/** One call to a function. */
export interface InvokeRequest {
  /**
   * The body of the request. Sent as it comes, at the pace of the function. Released when the call ends, sent or not.
   *
   * @default empty
   */
  readonly body?: TaskInput | undefined
  /**
   * A `Headers`, or an object of strings or arrays of them. Sent unchanged. `Content-Length` states the length of a streamed body, which is sent
   * in chunks otherwise.
   */
  readonly headers?: CallHeaders | undefined
  /**
   * How long the call may take from now on, in ms, with the wait for a container and the response's body.
   *
   * @default the function's
   */
  readonly timeout?: number | undefined
  /** Aborting it ends the call, and also the container when the call was sent. */
  readonly signal?: AbortSignal | undefined
  /**
   * Receives the container's standard output during the call. It is not ended.
   *
   * @default the spec's
   */
  readonly stdout?: Writable | undefined
  /**
   * Receives the container's standard error during the call. It is not ended.
   *
   * @default the spec's
   */
  readonly stderr?: Writable | undefined
}

/** A request after validation. Its headers are a copy. */
export interface ResolvedRequest extends InvokeRequest {
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly timeout: number
}

const requestFields: Record<keyof InvokeRequest, true> = {
  body: true,
  headers: true,
  timeout: true,
  signal: true,
  stdout: true,
  stderr: true,
}

const timeoutRule = or(milliseconds({ min: Number.MIN_VALUE }), Infinity)

/**
 * Checks a call before anything is done for it.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`, which lists every bad field.
 */
export function resolveRequest(given: InvokeRequest | null | undefined, defaultTimeout: number): ResolvedRequest {
  const request = given ?? {}
  checkKnown(request, requestFields)
  const issues = new Issues()
  const { body, headers, signal, stdout, stderr } = request
  const timeout = issues.read('timeout', request.timeout, timeoutRule, defaultTimeout)
  issues.include(signalIssue(signal))
  for (const [field, sink] of Object.entries({ stdout, stderr })) {
    if (sink !== undefined && !isWritable(sink)) issues.add(field, sink, 'a Node.js writable stream')
  }
  const resolved = {
    body: readInput(issues, body, 'body'),
    headers: readHeaders(issues, headers),
    timeout,
    signal,
    stdout,
    stderr,
  }
  issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK')
  return resolved
}

/** Headers by their names in lower case. */
function readHeaders(issues: Issues, given: unknown = {}): Record<string, string | string[]> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    issues.addSecret('headers', given, 'a Headers object, or an object of names and values')
    return {}
  }
  const read = new Map<string, string[]>()
  const pairs = given instanceof Headers ? given : Object.entries(given)
  for (const [name, value] of pairs as Iterable<[string, unknown]>) {
    const field = `headers[${JSON.stringify(name)}]`
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (!isHeaderName(name)) issues.add('headers', name, "named by letters, digits and any of !#$%&'*+-.^_`|~")
    for (const each of values) {
      if (typeof each !== 'string') {
        issues.addSecret(field, each, 'a string, or an array of strings')
        continue
      }
      const stray = strayCharacter(each)
      // Not shown completely: it may be a secret.
      if (stray !== undefined) issues.add(field, stray, 'of characters up to U+00FF without control characters')
    }
    const key = name.toLowerCase()
    read.set(key, [...(read.get(key) ?? []), ...(values as string[])])
  }
  return Object.fromEntries([...read].map(([name, values]) => [name, values.length === 1 ? String(values[0]) : values]))
}

/** A writable that has ended is accepted: a lost log does not prevent the call. */
function isWritable(value: unknown): boolean {
  const { write, on } = (value ?? {}) as Partial<Writable>
  return typeof write === 'function' && typeof on === 'function'
}
