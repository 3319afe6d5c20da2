import type { Observable, Subscription } from 'rxjs'
import { attribute, metric } from '../names.ts'
import type { Sink } from './sink.ts'

/** How many runs a worker may have, and has. */
export interface WorkerSlots {
  readonly slots: number
  readonly busy: number
  readonly isDraining: boolean
}

/** Reports the slots of a worker. One that drains has none that are free. */
export function reportWorker(sink: Sink, status$: Observable<WorkerSlots>): Subscription {
  let latest: WorkerSlots | undefined
  sink.gauge(metric.workerSlots, report => {
    if (latest === undefined) return
    const { slots, busy, isDraining } = latest
    report(busy, { [attribute.slotState]: 'busy' })
    report(isDraining ? 0 : slots - busy, { [attribute.slotState]: 'free' })
  })
  return status$.subscribe(status => {
    latest = status
  })
}
