import type { Meter, Observable, ObservableCallback } from '@opentelemetry/api'
import type { MetricDefinition } from '../names.ts'
import type { Attributes, Report, Sink } from './sink.ts'

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
    const gauge = this.#meter.createObservableGauge(name, { unit, description })
    /** Every set of attributes that was reported. An SDK repeats the last value of one that is left out. */
    const known = new Map<string, Attributes>()
    const callback: ObservableCallback = result => {
      const left = new Map(known)
      read((value, attributes = {}) => {
        const key = JSON.stringify(attributes)
        known.set(key, attributes)
        left.delete(key)
        result.observe(value, attributes)
      })
      for (const attributes of left.values()) result.observe(0, attributes)
    }
    gauge.addCallback(callback)
    this.#callbacks.push([gauge, callback])
  }

  close(): void {
    for (const [gauge, callback] of this.#callbacks.splice(0)) gauge.removeCallback(callback)
  }
}
