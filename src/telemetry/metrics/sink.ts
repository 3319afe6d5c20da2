import type { MetricDefinition } from '../names.ts'

/** The values of a metric's attributes. */
export type Attributes = Readonly<Record<string, string | number | boolean>>

/** Takes one value of a metric. */
export type Report = (value: number, attributes?: Attributes) => void

/** Where figures go: OpenTelemetry, or a page for Prometheus. */
export interface Sink {
  counter(metric: MetricDefinition): Report
  histogram(metric: MetricDefinition): Report
  /** `read` is called at each collection, and gives the present values. */
  gauge(metric: MetricDefinition, read: (report: Report) => void): void
  /** Collects nothing from now on. */
  close(): void
}
