// The cost of a telemetry: tasks of an engine that does nothing, with OpenTelemetry's SDK, with metrics for Prometheus, and without.
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { EngineDriver } from '../src/driver/engine-driver.ts'
import { createExecutor, type Instrumentation } from '../src/index.ts'
import { startTelemetry } from '../src/telemetry/index.ts'
import { openPrometheus } from '../src/telemetry/prometheus.ts'
import { compare, roundsOr } from './support/compare.ts'
import { idleEngine } from './support/idle-engine.ts'
import type { Table } from './support/table.ts'

const tasks = 500

async function run(concurrency: number, telemetry?: Instrumentation) {
  await using driver = new EngineDriver(idleEngine)
  await using executor = createExecutor({ driver, concurrency, telemetry })
  await Promise.all(Array.from({ length: tasks }, () => executor.run({ image: 'x' })))
}

/** Reads nothing by itself. */
class Reader extends MetricReader {
  protected async onShutdown(): Promise<void> {}
  protected async onForceFlush(): Promise<void> {}
}

/** Exports nothing, at once. */
const exporter = {
  export: (_: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
  shutdown: async () => {},
}

export default async function telemetry(): Promise<readonly Table[]> {
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] })
  const meterProvider = new MeterProvider({ readers: [new Reader()] })
  await using withoutSdk = startTelemetry()
  await using withSdk = startTelemetry({ tracerProvider, meterProvider })
  const prometheus = await openPrometheus()
  const tables: Table[] = []
  try {
    for (const concurrency of [1, 8]) {
      tables.push(
        await compare(
          `${tasks} tasks of an engine that does nothing, ${concurrency} at once`,
          [
            { name: 'with OpenTelemetry: six spans and two figures a task', run: () => run(concurrency, withSdk) },
            { name: 'with a telemetry without an SDK', run: () => run(concurrency, withoutSdk) },
            { name: 'with metrics for Prometheus', run: () => run(concurrency, prometheus) },
            { name: 'without a telemetry', run: () => run(concurrency) },
          ],
          { rounds: roundsOr(7) },
        ),
      )
    }
  } finally {
    prometheus.close()
    await Promise.all([tracerProvider.shutdown(), meterProvider.shutdown()])
  }
  return tables
}
