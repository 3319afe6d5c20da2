import { metrics, trace } from '@opentelemetry/api'
import type { Instrumentation } from '../executor/observers/instrumentation.ts'
import { Follower } from './follower.ts'
import { Figures } from './metrics/figures.ts'
import { OtelSink } from './metrics/otel-sink.ts'
import { checkTelemetryOptions, type TelemetryOptions } from './options.ts'
import { Spans } from './spans/spans.ts'

/** A telemetry, for `createExecutor({ telemetry })`. */
export interface Telemetry extends Instrumentation, AsyncDisposable {
  /** Ends the spans of what goes on, and reports nothing more. It closes no provider. Idempotent. */
  close(): Promise<void>
}

/** The name of the tracer and of the meter. */
const scope = 'cookietin'

/**
 * Starts a telemetry: spans and metrics of runs, functions, calls and drivers, by `@opentelemetry/api`. Start an SDK of OpenTelemetry
 * before, or give its providers; without an SDK nothing is recorded. The telemetry shuts no provider down.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, which lists every bad option.
 *
 * @example
 * await using telemetry = startTelemetry()
 * await using executor = createExecutor({ driver, telemetry })
 */
export function startTelemetry(given?: TelemetryOptions): Telemetry {
  const options = given ?? {}
  checkTelemetryOptions(options)
  const { tracerProvider, meterProvider, propagateTo = ['default'], samples = false } = options
  const tracer = tracerProvider?.getTracer(scope) ?? trace.getTracer(scope)
  const meter = meterProvider?.getMeter(scope) ?? metrics.getMeter(scope)
  const figures = new Figures(new OtelSink(meter), { samples })
  const spans = new Spans(tracer, propagateTo)
  let isClosed = false
  const parts = { figures, spans, isClosed: () => isClosed }
  const close = async () => {
    if (isClosed) return
    isClosed = true
    spans.close()
    figures.close()
  }
  return { follow: executor => new Follower(executor, parts), close, [Symbol.asyncDispose]: close }
}
