import { type FieldIssue, InvalidInputError } from '../errors.ts'
import type { ContainerTask, Size } from '../task/task.ts'
import { udsTarget } from '../task/task.ts'
import { parseSize } from '../utils/size.ts'

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

/**
 * Checks what of a spec is the function's own, and makes the task of its containers; the driver checks that.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`, which lists every bad field.
 */
export function resolveSpec(spec: FunctionSpec, concurrency: number): ResolvedSpec {
  const issues: FieldIssue[] = []
  const refuse = (field: string, value: unknown, allowed: string) => {
    issues.push({ field, value: typeof value === 'string' ? JSON.stringify(value) : String(value), allowed })
  }
  const { maxContainers = concurrency, freezeAfter = 50, idleTimeout = 30_000, launchTimeout = 5_000 } = spec
  const { timeout = 30_000, maxResponseBody = '64m', maxResponseHeaders = '16k', ...given } = spec
  const { maxContainers: _, freezeAfter: _f, idleTimeout: _i, launchTimeout: _l, ...task } = given
  if (maxContainers !== Infinity && !(Number.isInteger(maxContainers) && maxContainers >= 1)) {
    refuse('maxContainers', maxContainers, 'a whole number from 1 up')
  }
  const times = { freezeAfter, idleTimeout, launchTimeout, timeout }
  for (const [field, value] of Object.entries(times)) {
    const least = field === 'launchTimeout' || field === 'timeout' ? 1 : 0
    if (!(typeof value === 'number' && value >= least))
      refuse(field, value, `milliseconds from ${least} up, or Infinity`)
  }
  const sizes = { maxResponseBody, maxResponseHeaders }
  const [body, headers] = Object.entries(sizes).map(([field, value]) => {
    const size = value === Infinity ? Infinity : parseSize(value)
    if (size === undefined || size < 1) refuse(field, value, "a number of bytes, or a size such as '16k'")
    return size ?? 0
  })
  for (const field of ['id', 'input', 'encoding', 'udsPath', 'onStat'] as const) {
    if (field in spec)
      refuse(
        field,
        '(given)',
        'left out: a function has many containers, each with an id and a socket of its own, and gets its input by calls',
      )
  }
  if (issues.length > 0) throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', issues)
  const megabytes = parseSize(task.memory ?? 0)
  const memory = megabytes ? { FN_MEMORY: String(Math.floor(megabytes / 2 ** 20)) } : {}
  return {
    task: { ...task, env: { ...environment, ...memory, ...task.env } },
    maxContainers,
    ...times,
    maxResponseBody: body ?? 0,
    maxResponseHeaders: headers ?? 0,
  }
}
