import type { CookieOptions } from '../cookie/cookie.ts'
import { guardInspect, inspectRule, isInspect } from '../utils/actors/inspectable.ts'
import { Issues, isRecord } from '../utils/validation/issues.ts'
import { boolean, or, size, whole } from '../utils/validation/rules.ts'
import { checkSignal } from '../utils/validation/signal.ts'
import type { CreateCookieOptions } from './driver.ts'

/** The options of cookies, for whoever takes them among others. */
type Given = { readonly [Name in keyof CookieOptions]?: unknown }

/** Checks the options of cookies. Those that are missing get their defaults. */
export function readCookieOptions(issues: Issues, options: Given, at = ''): CookieOptions {
  const { inspect } = options
  if (!isInspect(inspect)) issues.add(`${at}inspect`, inspect, inspectRule)
  return {
    maxStats: issues.read(`${at}maxStats`, options.maxStats, or(whole(), Infinity), 240),
    statExtremes: issues.read(`${at}statExtremes`, options.statExtremes, boolean, false),
    maxOutput: issues.read(`${at}maxOutput`, options.maxOutput, or(size, Infinity), undefined),
    killOnMaxOutput: issues.read(`${at}killOnMaxOutput`, options.killOnMaxOutput, boolean, false),
    inspect: isInspect(inspect) ? guardInspect(inspect) : undefined,
  }
}

// Complete by its type: an option that is missing here does not compile.
const names: Record<keyof CreateCookieOptions, true> = {
  signal: true,
  maxStats: true,
  statExtremes: true,
  maxOutput: true,
  killOnMaxOutput: true,
  inspect: true,
}

/**
 * Checks the options of one cookie.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, which lists every bad and every unknown option; `ERR_COOKIETIN_INVALID_TASK` for what
 * is no signal.
 */
export function readCreateOptions(given: unknown): {
  readonly signal: AbortSignal | undefined
  readonly cookie: CookieOptions
} {
  const issues = new Issues()
  const options = given ?? {}
  if (!isRecord(options)) {
    issues.addSecret('options', options, `an object with some of ${Object.keys(names).join(', ')}`)
    issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
  }
  const known = options as CreateCookieOptions
  issues.refuseUnknown(known, Object.keys(names), { at: 'options.' })
  const cookie = readCookieOptions(issues, known, 'options.')
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
  checkSignal(known.signal)
  return { signal: known.signal, cookie }
}
