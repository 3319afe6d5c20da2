import type { InspectionEvent } from 'xstate'
import type { Inspect } from '../utils/actors/inspectable.ts'

/**
 * Combines several inspectors, such as ours and that of `@statelyai/inspect`. An error of one does not affect the
 * others.
 *
 * @example
 * createExecutor({ driver, inspect: combineInspectors(inspector.inspect, theirs.inspect) })
 */
export function combineInspectors(...inspectors: readonly (Inspect | undefined)[]): (event: InspectionEvent) => void {
  const listeners = inspectors
    .filter(inspect => inspect !== undefined)
    .map(inspect => (typeof inspect === 'function' ? inspect : (event: InspectionEvent) => inspect.next?.(event)))
  return event => {
    for (const listen of listeners) {
      try {
        listen(event)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
