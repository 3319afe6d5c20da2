/** The words of a user for XState's own event names. */
export function eventName(event: string): string {
  if (event === '') return 'always'
  const ended = /^xstate\.(done|error)\.(?:actor|state)\./.exec(event)
  if (ended !== null) return ended[1] === 'done' ? 'ok' : 'failed'
  const after = /^xstate\.after\.(?<delay>[^.]+)\./.exec(event)?.groups?.delay
  return after === undefined ? event : `after ${after}`
}
