import type { Registry } from 'prom-client'
import type { MetricDefinition } from '../names.ts'
import type { Attributes, Report, Sink } from './sink.ts'

/** The package, which is loaded only where it is used. */
export type PromClient = typeof import('prom-client')

const unitNames: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes' }

/** The name of a metric in Prometheus, by the rules of OpenTelemetry: `cookietin.run.duration` in `s` is `cookietin_run_duration_seconds`. */
const prometheusName = ({ name, unit }: MetricDefinition): string => name.replaceAll('.', '_') + (unitNames[unit] ?? '')

const labelName = (attribute: string) => attribute.replaceAll('.', '_')

/** Writes figures to a registry of prom-client. */
export class PrometheusSink implements Sink {
  readonly #client: PromClient
  readonly #registry: Registry

  constructor(client: PromClient, registry: Registry) {
    this.#client = client
    this.#registry = registry
  }

  counter(metric: MetricDefinition): Report {
    const counter = new this.#client.Counter({ ...this.#options(metric), name: `${prometheusName(metric)}_total` })
    return (value, attributes) => counter.inc(labelsOf(attributes), value)
  }

  histogram(metric: MetricDefinition): Report {
    const histogram = new this.#client.Histogram({ ...this.#options(metric), buckets: [...(metric.bounds ?? [])] })
    return (value, attributes) => histogram.observe(labelsOf(attributes), value)
  }

  gauge(metric: MetricDefinition, read: (report: Report) => void): void {
    new this.#client.Gauge({
      ...this.#options(metric),
      collect() {
        this.reset()
        read((value, attributes) => this.set(labelsOf(attributes), value))
      },
    })
  }

  close(): void {
    this.#registry.clear()
  }

  #options(metric: MetricDefinition) {
    return {
      name: prometheusName(metric),
      help: metric.description,
      labelNames: metric.attributes.map(labelName),
      registers: [this.#registry],
    }
  }
}

function labelsOf(attributes: Attributes = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [labelName(name), String(value)]))
}
