import type { Span, SpanContext, Tracer } from '@opentelemetry/api'
import type { ContainerObserver, ObservedContainer } from '../../executor/observers/instrumentation.ts'
import type { CallObserver, CallRecord, ObservedCall } from '../../functions/call/record.ts'
import type { Profile } from '../options.ts'
import { endCallSpan, startCallSpan } from './call-span.ts'
import { RunSpan } from './run-span.ts'
import { traceContextOf, traceVariables } from './trace-context.ts'

/** The spans of runs, containers and calls. */
export class Spans {
  readonly #tracer: Tracer
  readonly #propagateTo: readonly Profile[]
  /** The spans that have not ended. */
  readonly #runs = new Set<RunSpan>()
  readonly #calls = new Set<Span>()
  /** The containers of functions that live, by the cookie's id. */
  readonly #containers = new Map<string, SpanContext>()

  constructor(tracer: Tracer, propagateTo: readonly Profile[]) {
    this.#tracer = tracer
    this.#propagateTo = propagateTo
  }

  container(container: ObservedContainer): ContainerObserver {
    const { task, functionName } = container
    const span = new RunSpan(this.#tracer, container)
    this.#runs.add(span)
    if (functionName !== undefined) this.#containers.set(task.id, span.spanContext)
    return {
      env: this.#propagateTo.includes(task.profile) ? traceVariables(span.traceContext) : {},
      changed: (transition, source) => span.changed(transition, source),
      ended: end => span.ended(end),
      closed: error => {
        if (!this.#runs.delete(span)) return
        if (functionName !== undefined) this.#containers.delete(task.id)
        span.closed(error)
      },
    }
  }

  call(call: ObservedCall): CallObserver {
    const span = startCallSpan(this.#tracer, call)
    this.#calls.add(span)
    return {
      headers: this.#propagateTo.includes(call.profile) ? { ...traceContextOf(span) } : {},
      ended: (record: CallRecord) => {
        if (!this.#calls.delete(span)) return
        endCallSpan(span, record, this.#containers.get(record.containerId ?? ''))
      },
    }
  }

  /** Ends the spans of what goes on. */
  close(): void {
    for (const span of this.#runs) span.closed(undefined)
    for (const span of this.#calls) span.end()
    this.#runs.clear()
    this.#calls.clear()
    this.#containers.clear()
  }
}
