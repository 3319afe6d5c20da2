import { type Link, type Span, type SpanContext, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { CallRecord, ObservedCall } from '../../functions/call/record.ts'
import { attribute } from '../names.ts'

/** Starts the span of a call, below the span that is active where the function is called. */
export function startCallSpan(tracer: Tracer, { functionName, image }: ObservedCall): Span {
  return tracer.startSpan(`call ${functionName}`, {
    kind: SpanKind.CLIENT,
    attributes: { [attribute.functionName]: functionName, [attribute.imageName]: image },
  })
}

/** Ends the span of a call, linked to the span of the container that served it. */
export function endCallSpan(span: Span, record: CallRecord, container: SpanContext | undefined): void {
  const { id, containerId, isCold, waited, status, error } = record
  span.setAttributes({
    [attribute.callId]: id,
    [attribute.coldStart]: isCold,
    [attribute.waited]: waited / 1_000,
    ...(containerId !== undefined && { [attribute.container]: containerId }),
    ...(status !== undefined && { [attribute.httpStatus]: status }),
    ...(error !== undefined && { [attribute.errorType]: error }),
  })
  if (container !== undefined) span.addLink({ context: container } satisfies Link)
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}
