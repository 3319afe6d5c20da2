import type { Cookie } from '../cookie.ts'
import type { Inspectable } from '../inspectable.ts'
import type { ResolvedTask } from '../task.ts'

/** What an inspector may show of a cookie and do to it, with the values that it has to mask. */
export function inspectableCookie(cookie: Cookie): Inspectable {
  const { task } = cookie
  return {
    image: task.image,
    command: task.command,
    secrets: secretsOf(task),
    get stats$() {
      return cookie.stats$
    },
    freeze: () => cookie.freeze(),
    unfreeze: () => cookie.unfreeze(),
    cancel: reason => cookie.cancel(reason),
  }
}

function secretsOf({ env, auth, extensions }: ResolvedTask): readonly string[] {
  const { password, identityToken, registryToken } = typeof auth === 'object' ? auth : {}
  const given = [...Object.values(env), ...Object.values(extensions), password, identityToken, registryToken]
  return given.filter(secret => secret !== undefined && secret !== '') as string[]
}
