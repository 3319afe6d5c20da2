import type { InspectionEvent } from 'xstate'
import type { Inspect } from '../utils/actors/inspectable.ts'

/** Makes one inspector of several, such as that of `@statelyai/inspect` beside ours. An error of one does not keep the others from hearing. */
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
