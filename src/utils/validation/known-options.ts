import { Issues, isRecord } from './issues.ts'

/** Checks that an optional options object has no unknown names. */
export function checkKnown(
  options: unknown,
  known: Readonly<Record<string, true>>,
  code: 'ERR_COOKIETIN_INVALID_TASK' | 'ERR_COOKIETIN_INVALID_CONFIG' = 'ERR_COOKIETIN_INVALID_TASK',
): void {
  if (options === undefined || options === null) return
  const issues = new Issues()
  const names = Object.keys(known)
  if (isRecord(options)) issues.refuseUnknown(options, names, { at: 'options.' })
  else issues.addSecret('options', options, `an object with some of ${names.join(', ')}`)
  issues.throwIfAny(code)
}
