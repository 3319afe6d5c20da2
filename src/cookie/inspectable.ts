import type { ResolvedTask } from '../task/task.ts'
import type { Inspectable } from '../utils/actors/inspectable.ts'
import type { Cookie } from './cookie.ts'

/** What an inspector may show of a cookie, with the values that it must mask. */
export function shownOf({ task, stats$ }: Cookie): Inspectable {
  return { image: task.image, command: task.command, secrets: secretsOf(task), stats$ }
}

/** The same, with the actions that an inspector may take. */
export const inspectableCookie = (cookie: Cookie): Inspectable => ({
  ...shownOf(cookie),
  freeze: () => cookie.freeze(),
  unfreeze: () => cookie.unfreeze(),
  cancel: reason => cookie.cancel(reason),
})

function secretsOf({ env, auth, extensions }: ResolvedTask): readonly string[] {
  const { password, identityToken, registryToken } = typeof auth === 'object' ? auth : {}
  const given = [...Object.values(env), ...Object.values(extensions), password, identityToken, registryToken]
  return given.filter(secret => secret !== undefined && secret !== '') as string[]
}
