import type { Meter, Observable, ObservableCallback } from '@opentelemetry/api'
import type { MetricDefinition } from '../names.ts'
import type { Report, Sink } from './sink.ts'

/** Writes figures to a meter of OpenTelemetry. */
export class OtelSink implements Sink {
  readonly #meter: Meter
  readonly #callbacks: (readonly [Observable, ObservableCallback])[] = []

  constructor(meter: Meter) {
    this.#meter = meter
  }

  counter({ name, unit, description }: MetricDefinition): Report {
    const counter = this.#meter.createCounter(name, { unit, description })
    return (value, attributes) => counter.add(value, attributes)
  }

  histogram({ name, unit, description, bounds = [] }: MetricDefinition): Report {
    const advice = { explicitBucketBoundaries: [...bounds] }
    const histogram = this.#meter.createHistogram(name, { unit, description, advice })
    return (value, attributes) => histogram.record(value, attributes)
  }

  gauge({ name, unit, description }: MetricDefinition, read: (report: Report) => void): void {
    this.#observe(this.#meter.createObservableGauge(name, { unit, description }), read)
  }

  sum({ name, unit, description }: MetricDefinition, read: (report: Report) => void): void {
    this.#observe(this.#meter.createObservableCounter(name, { unit, description }), read)
  }

  close(): void {
    for (const [observable, callback] of this.#callbacks.splice(0)) observable.removeCallback(callback)
  }

  #observe(observable: Observable, read: (report: Report) => void): void {
    const callback: ObservableCallback = result =>
      read((value, attributes) => result.observe(value, attributes === undefined ? {} : { ...attributes }))
    observable.addCallback(callback)
    this.#callbacks.push([observable, callback])
  }
}
