import { isSpanContextValid, type Span } from '@opentelemetry/api'

/** The trace context of a span in W3C's form. */
export interface TraceContext {
  readonly traceparent: string
  readonly tracestate?: string
}

/** Returns the trace context of a span, or undefined for a span of no SDK. */
export function traceContextOf(span: Span): TraceContext | undefined {
  const context = span.spanContext()
  if (!isSpanContextValid(context)) return undefined
  const { traceId, spanId, traceFlags, traceState } = context
  const flags = (traceFlags & 0xff).toString(16).padStart(2, '0')
  const tracestate = traceState?.serialize()
  return { traceparent: `00-${traceId}-${spanId}-${flags}`, ...(tracestate && { tracestate }) }
}

/** The trace context as variables of a container: `TRACEPARENT`, `TRACESTATE`. */
export function traceVariables(context: TraceContext | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(context ?? {}).map(([name, value]) => [name.toUpperCase(), value as string]))
}
