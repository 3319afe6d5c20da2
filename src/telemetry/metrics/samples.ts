import type { Subscription } from 'rxjs'
import type { Cookie } from '../../cookie/cookie.ts'
import type { MetricName, Metrics } from '../../stats/stat.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'
import { imageNameOf } from '../image-name.ts'
import { attribute, metric } from '../names.ts'
import { quietly } from '../quietly.ts'
import type { Attributes, Report, Sink } from './sink.ts'

interface Sampled {
  readonly image: string
  subscription: Subscription | undefined
  metrics: Metrics
}

/** Sums of samples that only grow while a run lives, and the attribute that tells them apart. */
const transfers: readonly (readonly [MetricName, 'disk' | 'network', direction: string])[] = [
  ['disk_read', 'disk', 'read'],
  ['disk_write', 'disk', 'write'],
  ['net_rx', 'network', 'receive'],
  ['net_tx', 'network', 'transmit'],
]

/** Adds the samples of runs up, by image: a figure for each run would be one more for ever. */
export class SampleFigures {
  readonly #live = new Map<object, Sampled>()
  readonly #disk: Report
  readonly #network: Report

  constructor(sink: Sink) {
    sink.gauge(metric.cpuUsage, report => this.#reportSums(report, 'cpu_total', 0.01))
    sink.gauge(metric.memoryUsage, report => this.#reportSums(report, 'mem_usage'))
    sink.gauge(metric.memoryWorkingSet, report => this.#reportSums(report, 'mem_working_set'))
    this.#disk = sink.counter(metric.diskIo)
    this.#network = sink.counter(metric.networkIo)
  }

  /** Follows the samples of a run. */
  follow(key: object, { imageName }: ResolvedTask, { stats$ }: Pick<Cookie, 'stats$'>): void {
    if (this.#live.has(key)) return
    const sampled: Sampled = { image: imageNameOf(imageName), subscription: undefined, metrics: {} }
    this.#live.set(key, sampled)
    sampled.subscription = stats$.subscribe({
      next: ({ metrics }) => quietly(() => this.#take(sampled, metrics)),
      error: () => {},
    })
  }

  end(key: object): void {
    this.#live.get(key)?.subscription?.unsubscribe()
    this.#live.delete(key)
  }

  close(): void {
    for (const key of this.#live.keys()) this.end(key)
  }

  #take(sampled: Sampled, metrics: Metrics): void {
    const { image, metrics: before } = sampled
    sampled.metrics = metrics
    for (const [name, kind, direction] of transfers) {
      // A later attempt of a run begins at zero again.
      const grown = (metrics[name] ?? 0) - (before[name] ?? 0)
      if (grown <= 0) continue
      const directionName = kind === 'disk' ? attribute.diskDirection : attribute.networkDirection
      const attributes: Attributes = { [attribute.imageName]: image, [directionName]: direction }
      if (kind === 'disk') this.#disk(grown, attributes)
      else this.#network(grown, attributes)
    }
  }

  #reportSums(report: Report, name: MetricName, factor = 1): void {
    const sums = new Map<string, number>()
    for (const { image, metrics } of this.#live.values()) {
      const value = metrics[name]
      if (value !== undefined) sums.set(image, (sums.get(image) ?? 0) + value * factor)
    }
    for (const [image, sum] of sums) report(sum, { [attribute.imageName]: image })
  }
}
