import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { onTestFinished } from 'vitest'
import { createMockDriver, type MockScript } from '../../../src/driver/testing.ts'
import { createExecutor, type ExecutorOptions } from '../../../src/index.ts'
import { startTelemetry, type TelemetryOptions } from '../../../src/telemetry/index.ts'

interface Point {
  readonly attributes: object
  readonly value: number | { readonly count: number }
}

class Reader extends MetricReader {
  protected async onShutdown(): Promise<void> {}
  protected async onForceFlush(): Promise<void> {}
}

/** OpenTelemetry's SDK, which keeps spans and metrics in memory, and a telemetry on it. */
export function startSdk(options: TelemetryOptions = {}) {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const reader = new Reader()
  const meterProvider = new MeterProvider({ readers: [reader] })
  const telemetry = startTelemetry({ tracerProvider, meterProvider, ...options })
  onTestFinished(async () => {
    await telemetry.close()
    await tracerProvider.shutdown()
    await meterProvider.shutdown()
    context.disable()
  })
  const spans = () => exporter.getFinishedSpans()
  return {
    telemetry,
    tracer: tracerProvider.getTracer('caller'),
    spans,
    /** The spans below one, in the order of their ends. */
    below: (span: ReadableSpan) => spans().filter(each => each.parentSpanContext?.spanId === span.spanContext().spanId),
    /** The values of a metric: for a histogram, how many it has. */
    async points(name: string): Promise<[attributes: object, value: number][]> {
      const { resourceMetrics, errors } = await reader.collect()
      if (errors.length > 0) throw errors[0]
      const all = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)
      const found = all
        .filter(({ descriptor }) => descriptor.name === name)
        .flatMap(({ dataPoints }): readonly Point[] => dataPoints)
      return found.map(({ attributes, value }) => [attributes, typeof value === 'number' ? value : value.count])
    },
  }
}

/** A telemetry, and an executor on a mock engine that it follows. */
export function setup(script: MockScript, options: TelemetryOptions = {}, more: Partial<ExecutorOptions> = {}) {
  const sdk = startSdk(options)
  const driver = createMockDriver(script)
  const executor = createExecutor({ driver, telemetry: sdk.telemetry, ...more })
  onTestFinished(async () => {
    await executor.close({ force: true })
    await driver.close()
  })
  return { ...sdk, driver, executor }
}

/** The names of spans, in the order of the alphabet. */
export const namesOf = (spans: readonly ReadableSpan[]): string[] => spans.map(({ name }) => name).toSorted()
