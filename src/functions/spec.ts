import type { ContainerTask, Size } from '../task/task.ts'
import { udsTarget } from '../task/task.ts'
import { parseSize } from '../utils/size.ts'
import { Issues } from '../utils/validation/issues.ts'
import { milliseconds, or, size, whole } from '../utils/validation/rules.ts'

/** A function: how its containers are made, and how they are kept. */
export interface FunctionSpec
  extends Omit<ContainerTask, 'id' | 'input' | 'encoding' | 'timeout' | 'udsPath' | 'onStat'> {
  /** How many of its containers there may be at once. Default: the executor's concurrency. */
  readonly maxContainers?: number | undefined
  /** How long a container stays thawed without a call, in ms. 0: not at all; Infinity: it is never frozen. Default 50. */
  readonly freezeAfter?: number | undefined
  /** How long a container stays at all without a call, in ms; Infinity: until it is evicted or closed. Default 30,000. */
  readonly idleTimeout?: number | undefined
  /** How long a container may take to listen on its socket once it runs, in ms. Default 5,000. */
  readonly launchTimeout?: number | undefined
  /** How long a call may take from when it is made, the wait for a container included, in ms. Default 30,000. */
  readonly timeout?: number | undefined
  /** How large a response's body may be. Default 64 MiB. */
  readonly maxResponseBody?: Size | undefined
  /** How large a response's status line and headers may be. Default 16 KiB. */
  readonly maxResponseHeaders?: Size | undefined
}

/** A spec, checked and complete, but for the task in it. */
export interface ResolvedSpec {
  readonly task: ContainerTask
  readonly maxContainers: number
  readonly freezeAfter: number
  readonly idleTimeout: number
  readonly launchTimeout: number
  readonly timeout: number
  readonly maxResponseBody: number
  readonly maxResponseHeaders: number
}

/** The folder and the socket that a container and we share, as the container sees it. */
const listener = `unix:${udsTarget}/lsnr.sock`

/** What Fn's function development kits read from their environment, unless the spec says otherwise. */
const environment = { FN_FORMAT: 'http-stream', FN_LISTENER: listener, FN_TYPE: 'sync' }

const leftOut =
  'left out: a function has many containers, each with an id and a socket of its own, and gets its input by calls'

/** Bytes, 1 at least. */
const responseSize = or(
  { ...size, read: (value: unknown) => ((size.read(value) ?? 0) >= 1 ? size.read(value) : undefined) },
  Infinity,
)

/**
 * Checks what of a spec is the function's own, and makes the task of its containers; the driver checks that.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`, which lists every bad field.
 */
export function resolveSpec(spec: FunctionSpec, concurrency: number): ResolvedSpec {
  const issues = new Issues()
  const {
    maxContainers,
    freezeAfter,
    idleTimeout,
    launchTimeout,
    timeout,
    maxResponseBody,
    maxResponseHeaders,
    ...task
  } = spec
  const own = {
    maxContainers: issues.read('maxContainers', maxContainers, or(whole({ min: 1 }), Infinity), concurrency),
    freezeAfter: issues.read('freezeAfter', freezeAfter, or(milliseconds(), Infinity), 50),
    idleTimeout: issues.read('idleTimeout', idleTimeout, or(milliseconds(), Infinity), 30_000),
    launchTimeout: issues.read('launchTimeout', launchTimeout, or(milliseconds({ min: 1 }), Infinity), 5_000),
    timeout: issues.read('timeout', timeout, or(milliseconds({ min: 1 }), Infinity), 30_000),
    maxResponseBody: issues.read('maxResponseBody', maxResponseBody, responseSize, 64 * 2 ** 20),
    maxResponseHeaders: issues.read('maxResponseHeaders', maxResponseHeaders, responseSize, 16 * 2 ** 10),
  }
  for (const field of ['id', 'input', 'encoding', 'udsPath', 'onStat'] as const) {
    if (field in spec) issues.addSecret(field, spec[field as never], leftOut)
  }
  issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK')
  const megabytes = parseSize(task.memory ?? 0)
  const memory = megabytes ? { FN_MEMORY: String(Math.floor(megabytes / 2 ** 20)) } : {}
  return { task: { ...task, env: { ...environment, ...memory, ...task.env } }, ...own }
}
