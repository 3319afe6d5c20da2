import { type Issues, isRecord } from '../../utils/validation/issues.ts'
import { isText } from '../../utils/validation/rules.ts'
import type { AuthCallback, RegistryAuth } from '../task.ts'

const authFields = ['username', 'password', 'identityToken', 'registryToken', 'serverAddress']

/** Reads credentials. They are copied, and never shown in errors. */
export function readAuth(issues: Issues, value: unknown): RegistryAuth | AuthCallback | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'function') return value as AuthCallback
  if (!isRecord(value))
    return issues.addSecret('auth', value, 'an object with credentials, or a function that gives one')
  for (const [name, text] of Object.entries(value)) {
    if (!authFields.includes(name)) issues.addSecret(`auth.${name}`, text, `given as one of ${authFields.join(', ')}`)
    else if (text !== undefined && !isText(text)) issues.addSecret(`auth.${name}`, text, 'a string')
  }
  return Object.freeze({ ...value })
}
