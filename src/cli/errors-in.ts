import { CookietinError } from '../errors.ts'

/**
 * What failed, and then what failed while that was cleaned up after: `await using` throws both as one. Of those that tell of the same
 * containers that are left, the last, which knows the reason.
 */
export function errorsIn(error: unknown): readonly unknown[] {
  const errors = parts(error)
  return errors.filter((each, at) => !errors.slice(at + 1).some(later => tellsAgain(later, each)))
}

function parts(error: unknown): readonly unknown[] {
  // Node.js 20 has no such class.
  if (!(error instanceof Error && error.name === 'SuppressedError')) return [error]
  const both = error as Error & { readonly suppressed?: unknown; readonly error?: unknown }
  return [...parts(both.suppressed), ...parts(both.error)]
}

function tellsAgain(later: unknown, error: unknown): boolean {
  if (!isNotCleaned(later) || !isNotCleaned(error)) return false
  return error.leaked.every(name => later.leaked.includes(name))
}

const isNotCleaned = (error: unknown): error is CookietinError =>
  error instanceof CookietinError && error.code === 'ERR_COOKIETIN_NOT_CLEANED'
