import type { Instrumentation } from '../executor/observers/instrumentation.ts'
import { Follower } from './follower.ts'
import { Figures } from './metrics/figures.ts'
import { type PromClient, PrometheusSink } from './metrics/prometheus-sink.ts'

/** Figures in the format that Prometheus scrapes. */
export interface PrometheusMetrics extends Instrumentation {
  /** The `Content-Type` of {@link text}. */
  readonly contentType: string
  /** The present figures. */
  text(): Promise<string>
  close(): void
}

/** Keeps the figures of executors for Prometheus. Needs the package `prom-client`, and nothing of OpenTelemetry. */
export async function openPrometheus(): Promise<PrometheusMetrics> {
  const client: PromClient = await import('prom-client')
  const registry = new client.Registry()
  const figures = new Figures(new PrometheusSink(client, registry), { samples: false })
  let isClosed = false
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    follow: executor => new Follower(executor, { figures, spans: undefined, isClosed: () => isClosed }),
    close() {
      isClosed = true
      figures.close()
    },
  }
}
