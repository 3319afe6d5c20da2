import { type Issues, isRecord } from '../../utils/validation/issues.ts'
import { isText } from '../../utils/validation/rules.ts'
import type { AuthCallback, RegistryAuth } from '../task.ts'

/** Names of variables and fields whose values are secrets. */
const secretName =
  /pass(?:word|wd|phrase|code)?(?:$|[^a-z])|passwd|pwd|secret|token|credential|api_?key|(?:^|[^a-z])key(?:$|[^a-z])|private_?key|access_?key|auth(?:$|[^a-z])|cookie|session|signature|bearer|jwt|dsn|(?:^|_)pin$/i

/** Returns true for the name of a variable that holds a secret, as far as its name says so. */
function isSecretName(name: string): boolean {
  return secretName.test(name)
}

/** The texts of an environment that must not be shown: values of variables with secret names, and passwords in URLs. */
export function secretsOfEnv(env: Iterable<readonly [name: string, value: string]>): string[] {
  return [...env].flatMap(([name, value]) => (isSecretName(name) ? [value] : passwordsIn(value)))
}

/** The texts of credentials that must not be shown. */
export function secretsOfAuth(auth: RegistryAuth | AuthCallback | undefined): string[] {
  if (auth === undefined || typeof auth === 'function') return []
  return [auth.password, auth.identityToken, auth.registryToken].filter(text => text !== undefined)
}

/** `scheme://user:password@host` */
function passwordsIn(value: string): string[] {
  return [...value.matchAll(/\b[a-z][\w+.-]*:\/\/[^\s/:@]*:([^\s/@]+)@/gi)].map(([, password = '']) => password)
}

/** Reads the list of a task's secrets: names of its variables, or texts. */
export function readSecrets(issues: Issues, value: unknown, env: Readonly<Record<string, string>>): readonly string[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) {
    issues.addSecret('secrets', value, 'an array of names of variables, or of texts that must not be shown')
    return []
  }
  return value.flatMap((entry: unknown, index) => {
    if (isText(entry) && entry !== '') return [isRecord(env) && Object.hasOwn(env, entry) ? (env[entry] ?? '') : entry]
    issues.addSecret(`secrets[${index}]`, entry, 'the name of a variable, or a text that must not be shown')
    return []
  })
}
