import type { Subscription } from 'rxjs'
import type { Cookie } from '../../cookie/cookie.ts'
import type { Metrics } from '../../stats/stat.ts'
import type { ResolvedTask } from '../../task/task.ts'
import { attribute, metric } from '../names.ts'
import type { Attributes, Report, Sink } from './sink.ts'

interface Sampled {
  readonly attributes: Attributes
  readonly subscription: Subscription
  metrics: Metrics
}

/** Reports the latest sample of each run that lives. Those that have ended are reported no more. */
export class SampleFigures {
  readonly #live = new Map<object, Sampled>()

  constructor(sink: Sink) {
    sink.gauge(metric.cpuUsage, report => this.#each(report, 'cpu_total', { factor: 0.01 }))
    sink.gauge(metric.memoryUsage, report => this.#each(report, 'mem_usage'))
    sink.gauge(metric.memoryWorkingSet, report => this.#each(report, 'mem_working_set'))
    sink.sum(metric.diskIo, report => {
      this.#each(report, 'disk_read', { more: { [attribute.diskDirection]: 'read' } })
      this.#each(report, 'disk_write', { more: { [attribute.diskDirection]: 'write' } })
    })
    sink.sum(metric.networkIo, report => {
      this.#each(report, 'net_rx', { more: { [attribute.networkDirection]: 'receive' } })
      this.#each(report, 'net_tx', { more: { [attribute.networkDirection]: 'transmit' } })
    })
  }

  /** Follows the samples of a run. */
  follow(key: object, { id, imageName }: ResolvedTask, { stats$ }: Pick<Cookie, 'stats$'>): void {
    if (this.#live.has(key)) return
    const subscription = stats$.subscribe({
      next: ({ metrics }) => {
        const sampled = this.#live.get(key)
        if (sampled !== undefined) sampled.metrics = metrics
      },
      error: () => {},
    })
    const attributes = { [attribute.runId]: id, [attribute.imageName]: imageName.repository }
    this.#live.set(key, { attributes, subscription, metrics: {} })
  }

  end(key: object): void {
    this.#live.get(key)?.subscription.unsubscribe()
    this.#live.delete(key)
  }

  close(): void {
    for (const key of this.#live.keys()) this.end(key)
  }

  #each(
    report: Report,
    name: keyof Metrics & string,
    { factor = 1, more = {} }: { readonly factor?: number; readonly more?: Attributes } = {},
  ): void {
    for (const { metrics, attributes } of this.#live.values()) {
      const value = metrics[name]
      if (value !== undefined) report(value * factor, { ...attributes, ...more })
    }
  }
}
