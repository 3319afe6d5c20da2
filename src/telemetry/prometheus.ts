import type { Observable } from 'rxjs'
import type { Driver } from '../driver/driver.ts'
import type { Instrumentation } from '../executor/observers/instrumentation.ts'
import { Follower } from './follower.ts'
import { DriverFigures } from './metrics/driver-figures.ts'
import { Figures } from './metrics/figures.ts'
import { type PromClient, PrometheusSink } from './metrics/prometheus-sink.ts'
import { reportWorker, type WorkerSlots } from './metrics/worker-figures.ts'

/** Figures in the format that Prometheus scrapes. */
export interface MetricsPage {
  /** The `Content-Type` of {@link text}. */
  readonly contentType: string
  /** The present figures. */
  text(): Promise<string>
}

/** The figures of executors. */
export interface PrometheusMetrics extends MetricsPage, Instrumentation {
  close(): void
}

/** Keeps the figures of executors for Prometheus. Needs the package `prom-client`, and nothing of OpenTelemetry. */
export async function openPrometheus(): Promise<PrometheusMetrics> {
  const { sink, page } = await openPage()
  const figures = new Figures(sink, { samples: false })
  let isClosed = false
  return {
    ...page,
    follow: executor => new Follower(executor, { figures, spans: undefined, isClosed: () => isClosed }),
    close() {
      isClosed = true
      figures.close()
    },
  }
}

/** The figures of a worker of a cluster. */
export interface WorkerMetrics extends MetricsPage, Disposable {}

/** Keeps the figures of a worker and its driver for Prometheus. */
export async function openWorkerPrometheus(driver: Driver, status$: Observable<WorkerSlots>): Promise<WorkerMetrics> {
  const { sink, page } = await openPage()
  const drivers = new DriverFigures(sink)
  drivers.follow(driver)
  const subscription = reportWorker(sink, status$)
  return {
    ...page,
    [Symbol.dispose]() {
      subscription.unsubscribe()
      drivers.close()
      sink.close()
    },
  }
}

async function openPage(): Promise<{ readonly sink: PrometheusSink; readonly page: MetricsPage }> {
  const client: PromClient = await import('prom-client')
  const registry = new client.Registry()
  const page = { contentType: registry.contentType, text: () => registry.metrics() }
  return { sink: new PrometheusSink(client, registry), page }
}
