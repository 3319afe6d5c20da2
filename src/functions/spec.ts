import { spareSizes } from '../engines/spare-sizes.ts'
import { isReadOnce } from '../task/input.ts'
import type { ContainerTask, Size } from '../task/task.ts'
import { udsTarget } from '../task/task.ts'
import { parseSize } from '../utils/size.ts'
import { Issues, isRecord } from '../utils/validation/issues.ts'
import { isText, milliseconds, or, type Rule, size, whole } from '../utils/validation/rules.ts'

/** A function: the task of its containers, and how long they are kept. */
export interface FunctionSpec
  extends Omit<
    ContainerTask,
    | 'id'
    | 'input'
    | 'encoding'
    | 'timeout'
    | 'retry'
    | 'udsPath'
    | 'onStat'
    | 'artifacts'
    | 'maxArtifacts'
    | 'maxArtifactEntries'
    | 'artifactsTimeout'
  > {
  /**
   * What telemetry and metrics call the function: 1 to 256 characters.
   *
   * @default the image
   */
  readonly name?: string | undefined
  /**
   * How many containers it may have at once.
   *
   * @default the executor's `concurrency`
   */
  readonly maxContainers?: number | undefined
  /**
   * How many containers the function keeps: they are started when it is made and replaced when they end. They are not evicted.
   *
   * @default 0
   */
  readonly minContainers?: number | undefined
  /**
   * How many containers are started ahead for its launches, 256 at most. Its program is not in them yet: a container starts it when
   * it is needed, in some milliseconds and not in some hundred.
   *
   * @default 0
   */
  readonly spares?: number | undefined
  /**
   * How long a container stays thawed without a call, in ms. 0 freezes it at once, Infinity never.
   *
   * @default 50
   */
  readonly freezeAfter?: number | undefined
  /**
   * How long a container is kept without a call, in ms. Infinity keeps it until it is evicted or closed.
   *
   * @default 30,000
   */
  readonly idleTimeout?: number | undefined
  /**
   * How long a container may take to listen on its socket once it runs, in ms.
   *
   * @default 5,000
   */
  readonly launchTimeout?: number | undefined
  /**
   * How long a call may take from when it is made, in ms, with the wait for a container.
   *
   * @default 30,000
   */
  readonly timeout?: number | undefined
  /**
   * The largest body of a response, in bytes.
   *
   * @default 64 MiB
   */
  readonly maxResponseBody?: Size | undefined
  /**
   * The largest status line and headers of a response, in bytes.
   *
   * @default 16 KiB
   */
  readonly maxResponseHeaders?: Size | undefined
}

/** A spec after validation. The driver validates its task. */
export interface ResolvedSpec {
  readonly name: string
  readonly task: ContainerTask
  readonly maxContainers: number
  readonly minContainers: number
  readonly spares: number
  readonly freezeAfter: number
  readonly idleTimeout: number
  readonly launchTimeout: number
  readonly timeout: number
  readonly maxResponseBody: number
  readonly maxResponseHeaders: number
}

/** The socket, as its container sees it. */
const listener = `unix:${udsTarget}/lsnr.sock`

/** Variables that Fn's function development kits read. The spec's own override them. */
const environment = { FN_FORMAT: 'http-stream', FN_LISTENER: listener, FN_TYPE: 'sync' }

const leftOut =
  'left out: a function has many containers, each with an id and a socket of its own, and gets its input by calls'

/** Bytes, 1 at least. */
const responseSize = or(
  { ...size, read: (value: unknown) => ((size.read(value) ?? 0) >= 1 ? size.read(value) : undefined) },
  Infinity,
)

/** A label of metrics: it has a bounded length. */
const nameRule: Rule<string> = {
  allowed: 'a text of 1 to 256 characters',
  read: value => (isText(value) && value.length >= 1 && value.length <= 256 ? value : undefined),
}

/**
 * Checks the fields that are the function's own, and makes the task of its containers.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`, which lists every bad field.
 */
export function resolveSpec(spec: FunctionSpec, concurrency: number): ResolvedSpec {
  const issues = new Issues()
  if (!isRecord(spec)) {
    issues.add('spec', spec, 'an object such as { image }')
    issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK')
  }
  const {
    name,
    maxContainers,
    minContainers,
    spares,
    freezeAfter,
    idleTimeout,
    launchTimeout,
    timeout,
    maxResponseBody,
    maxResponseHeaders,
    ...task
  } = spec
  const own = {
    name: issues.read('name', name, nameRule, spec.image),
    maxContainers: issues.read('maxContainers', maxContainers, or(whole({ min: 1 }), Infinity), concurrency),
    minContainers: issues.read('minContainers', minContainers, whole(), 0),
    spares: issues.read('spares', spares, spareSizes(0), 0),
    freezeAfter: issues.read('freezeAfter', freezeAfter, or(milliseconds(), Infinity), 50),
    idleTimeout: issues.read('idleTimeout', idleTimeout, or(milliseconds(), Infinity), 30_000),
    launchTimeout: issues.read('launchTimeout', launchTimeout, or(milliseconds({ min: 1 }), Infinity), 5_000),
    timeout: issues.read('timeout', timeout, or(milliseconds({ min: 1 }), Infinity), 30_000),
    maxResponseBody: issues.read('maxResponseBody', maxResponseBody, responseSize, 64 * 2 ** 20),
    maxResponseHeaders: issues.read('maxResponseHeaders', maxResponseHeaders, responseSize, 16 * 2 ** 10),
  }
  if (own.minContainers > own.maxContainers)
    issues.add('minContainers', own.minContainers, `at most maxContainers (${own.maxContainers})`)
  for (const field of ['id', 'input', 'encoding', 'udsPath', 'onStat', 'retry'] as const) {
    if (spec[field as never] !== undefined) issues.addSecret(field, spec[field as never], leftOut)
  }
  for (const field of ['artifacts', 'maxArtifacts', 'maxArtifactEntries', 'artifactsTimeout'] as const) {
    if (spec[field as never] !== undefined)
      issues.addSecret(field, spec[field as never], 'left out: a function has no end to copy them at')
  }
  for (const file of Object.values(isRecord(task.files) ? task.files : {})) {
    const content = isRecord(file) && 'content' in file ? file.content : file
    if (isReadOnce(content))
      issues.addSecret(
        'files',
        content,
        'text, bytes or { from }: each container gets the files, and a stream can be read only once',
      )
  }
  issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK')
  const megabytes = parseSize(task.memory ?? 0)
  const memory = megabytes ? { FN_MEMORY: String(Math.floor(megabytes / 2 ** 20)) } : {}
  return { task: { ...task, env: { ...environment, ...memory, ...task.env } }, ...own }
}
