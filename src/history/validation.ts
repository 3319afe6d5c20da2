import { Issues } from '../utils/validation/issues.ts'
import { checkKnown } from '../utils/validation/known-options.ts'
import { boolean, callback, milliseconds, oneOf, or, type Rule, text, whole } from '../utils/validation/rules.ts'
import { readStrings } from '../utils/validation/strings.ts'
import type { HistoryCallQuery } from './calls/types.ts'
import type { HistoryLimits, HistoryOptions, HistoryQuery, HistoryStatus } from './types.ts'

const code = 'ERR_COOKIETIN_INVALID_CONFIG'

const optionNames: Record<keyof HistoryOptions, true> = {
  path: true,
  postgres: true,
  readOnly: true,
  maxAge: true,
  maxRuns: true,
  maxCalls: true,
  onError: true,
  timeout: true,
}

/** @throws InvalidInputError with every bad option. */
export function checkOptions(given: HistoryOptions): void {
  const options = (given as HistoryOptions | undefined) ?? ({} as HistoryOptions)
  checkKnown(options, optionNames, code)
  const { path, postgres, readOnly, maxAge, maxRuns, maxCalls, onError, timeout } = options
  const issues = new Issues()
  if ((path === undefined) === (postgres === undefined)) {
    issues.add('path', path, 'given, or else postgres, and not both')
  } else if (path !== undefined && (typeof path !== 'string' || path === '')) {
    issues.add('path', path, 'the path of a file')
  } else if (path?.startsWith('file:')) {
    issues.add('path', path, 'the path of a file, not a URL')
  } else if (path === undefined && !isDatabase(postgres)) {
    issues.addSecret(
      'postgres',
      postgres,
      'an address such as postgres://…, the path of a socket, or a pool of the package pg',
    )
  }
  issues.read('readOnly', readOnly, boolean, false)
  readLimits(issues, { maxAge, maxRuns, maxCalls })
  issues.read('onError', onError, callback, undefined)
  issues.read('timeout', timeout, whole({ min: 1, max: 2 ** 31 - 1, unit: 'ms' }), 0)
  if (readOnly === true && [maxAge, maxRuns, maxCalls].some(limit => limit !== undefined)) {
    issues.add('readOnly', readOnly, 'false where maxAge, maxRuns or maxCalls is given')
  }
  issues.throwIfAny(code)
}

/** What the package `pg` takes. It reads any other text as the name of a database, on a host that nobody named. */
function isDatabase(postgres: unknown): boolean {
  if (typeof postgres === 'string') return /^(?:postgres(?:ql)?:\/\/|socket:|\/)/i.test(postgres)
  return typeof Object(postgres).connect === 'function'
}

/** The limits of {@link HistoryLimits} that remove runs and calls. */
export type Limits = Pick<HistoryLimits, 'maxAge' | 'maxRuns' | 'maxCalls'>

/** @throws InvalidInputError with every bad limit. */
export function checkLimits(limits: Limits): void {
  checkKnown(limits, { maxAge: true, maxRuns: true, maxCalls: true } satisfies Record<keyof Limits, true>, code)
  const issues = new Issues()
  readLimits(issues, limits)
  issues.throwIfAny(code)
}

function readLimits(issues: Issues, { maxAge, maxRuns, maxCalls }: Limits): void {
  issues.read('maxAge', maxAge, or(milliseconds(), Infinity), 0)
  issues.read('maxRuns', maxRuns, or(whole(), Infinity), 0)
  issues.read('maxCalls', maxCalls, or(whole(), Infinity), 0)
}

const queryNames: Record<keyof HistoryQuery, true> = {
  status: true,
  image: true,
  id: true,
  labels: true,
  since: true,
  until: true,
  limit: true,
  offset: true,
}

const statuses = ['success', 'error', 'timeout', 'killed', 'cancelled', 'failed', 'unfinished'] as const

/** Every status by which a history can be queried. */
export const historyStatuses: readonly HistoryStatus[] = statuses

const status = oneOf(...statuses)

const time: Rule<number> = {
  allowed: 'a Unix time in ms, or a Date',
  read: value => {
    const ms = value instanceof Date ? value.getTime() : value
    return typeof ms === 'number' && Number.isFinite(ms) ? ms : undefined
  },
}

/** @throws InvalidInputError with every bad field. */
export function checkQuery(query: HistoryQuery): void {
  checkKnown(query, queryNames, code)
  const issues = new Issues()
  const wanted: readonly unknown[] = Array.isArray(query.status) ? query.status : [query.status]
  for (const each of wanted) issues.read('status', each, status, undefined)
  issues.read('image', query.image, text, '')
  issues.read('id', query.id, text, '')
  readStrings(issues, 'labels', query.labels)
  readPart(issues, query)
  issues.throwIfAny(code)
}

/** Which part of a list is wanted. */
function readPart(issues: Issues, { since, until, limit, offset }: HistoryQuery | HistoryCallQuery): void {
  issues.read('since', since, time, 0)
  issues.read('until', until, time, 0)
  issues.read('limit', limit, whole(), 0)
  issues.read('offset', offset, whole(), 0)
}

const callQueryNames: Record<keyof HistoryCallQuery, true> = {
  id: true,
  functionName: true,
  image: true,
  containerId: true,
  failed: true,
  since: true,
  until: true,
  limit: true,
  offset: true,
}

/** @throws InvalidInputError with every bad field. */
export function checkCallQuery(query: HistoryCallQuery): void {
  checkKnown(query, callQueryNames, code)
  const issues = new Issues()
  for (const name of ['id', 'functionName', 'image', 'containerId'] as const) issues.read(name, query[name], text, '')
  issues.read('failed', query.failed, boolean, false)
  readPart(issues, query)
  issues.throwIfAny(code)
}
