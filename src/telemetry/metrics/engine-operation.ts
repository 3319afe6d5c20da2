/** Last parts of a path that are an act, or a kind of thing, and no name. */
const acts: ReadonlySet<string> = new Set([
  ...['archive', 'attach', 'connect', 'create', 'disconnect', 'get', 'info', 'json', 'kill', 'load', 'logs', 'pause'],
  ...['prune', 'push', 'resize', 'start', 'stats', 'stop', 'tag', 'top', 'unpause', 'update', 'wait'],
])

/**
 * The operation of a call to an engine: its path without names, which would be another one for each container.
 *
 * @example
 * operationOf('/containers/cookietin-a1/start') // '/containers/{id}/start'
 */
export function operationOf(path: string): string {
  const [kind = '', ...rest] = path.split('/').filter(part => part !== '')
  const last = rest.at(-1)
  if (last === undefined) return `/${kind}`
  if (!acts.has(last)) return `/${kind}/{id}`
  return rest.length === 1 ? `/${kind}/${last}` : `/${kind}/{id}/${last}`
}
