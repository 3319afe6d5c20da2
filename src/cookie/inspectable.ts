import type { ResolvedTask } from '../task/task.ts'
import type { Inspectable } from '../utils/actors/inspectable.ts'
import type { Cookie } from './cookie.ts'

/** What an inspector may show of a cookie, with the values that it must mask. */
export function shownOf({ task, stats$ }: Cookie): Inspectable {
  return { image: task.image, command: task.command, labels: task.labels, secrets: secretsOf(task), stats$ }
}

/** The same, with the actions that an inspector may take. */
export const inspectableCookie = (cookie: Cookie): Inspectable => ({
  ...shownOf(cookie),
  freeze: () => cookie.freeze(),
  unfreeze: () => cookie.unfreeze(),
  cancel: reason => cookie.cancel(reason),
})

/** More than errors mask: a page shows a task to others. */
function secretsOf({ env, extensions, secrets }: ResolvedTask): readonly string[] {
  return [...secrets, ...Object.values(env), ...Object.values(extensions)].filter(secret => secret !== '')
}
