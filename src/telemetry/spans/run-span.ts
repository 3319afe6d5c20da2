import {
  context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { Subscription } from 'rxjs'
import { type CookieState, isSettled } from '../../../machines/cookie-states.ts'
import type { Cookie } from '../../cookie/cookie.ts'
import type { Transition } from '../../cookie/result.ts'
import type { PullProgress } from '../../engines/pull-progress.ts'
import type { ObservedContainer } from '../../executor/observers/instrumentation.ts'
import type { RunEnd } from '../../executor/observers/run-log.ts'
import { errorTypeOf } from '../error-type.ts'
import { imageNameOf } from '../image-name.ts'
import { attribute, type Phase } from '../names.ts'
import { quietly } from '../quietly.ts'
import { type TraceContext, traceContextOf } from './trace-context.ts'

/** The phases that are open in a state. In a state that is left out, those stay that are open. */
const phases: Readonly<Partial<Record<CookieState, readonly Phase[]>>> = {
  created: ['queue'],
  preparing: ['create', 'pull'],
  prepared: [],
  starting: ['start'],
  running: ['run'],
  freezing: ['run', 'freeze'],
  frozen: ['run', 'freeze'],
  unfreezing: ['run', 'freeze'],
  collecting: ['collect'],
  closing: ['remove'],
}

/** Longer messages are cut: one may hold the output of a task. */
const longestMessage = 300

/** The span of a run, or of a container of a function, and the spans of its phases below it. */
export class RunSpan {
  readonly #tracer: Tracer
  readonly #root: Span
  readonly #open = new Map<Phase, Span>()
  #pull: Subscription | undefined
  #attempt = 1

  constructor(tracer: Tracer, { task, functionName }: ObservedContainer) {
    const { id, imageName, labels } = task
    const { tag } = imageName
    const image = imageNameOf(imageName)
    this.#tracer = tracer
    const name = functionName === undefined ? `run ${image}` : `container ${functionName}`
    // The container of a function serves many calls: it belongs to no trace of a caller.
    const parent = functionName === undefined ? context.active() : ROOT_CONTEXT
    const attributes = {
      [attribute.runId]: id,
      [attribute.imageName]: image,
      ...(tag !== '' && { [attribute.imageTags]: [tag] }),
      ...(functionName !== undefined && { [attribute.functionName]: functionName }),
      ...Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${attribute.label}.${key}`, value])),
    }
    this.#root = tracer.startSpan(name, { attributes }, parent)
    this.#begin('queue')
  }

  get spanContext(): SpanContext {
    return this.#root.spanContext()
  }

  get traceContext(): TraceContext | undefined {
    return traceContextOf(this.#root)
  }

  changed({ to, attempt = 1 }: Transition, { pull$ }: Pick<Cookie, 'pull$'>): void {
    this.#attempt = attempt
    // The phase in which a run fails is ended with its error, which is known a moment later.
    if (isSettled(to) && to === 'failed') return
    const wanted = isSettled(to) ? [] : phases[to]
    if (wanted === undefined) {
      this.#open.get('run')?.addEvent(to)
      return
    }
    for (const phase of this.#open.keys()) if (!wanted.includes(phase)) this.#end(phase)
    for (const phase of wanted) if (phase !== 'pull' && !this.#open.has(phase)) this.#begin(phase)
    if (to === 'preparing') this.#followPull(pull$)
  }

  ended({ result, error }: RunEnd): void {
    const failure = result === undefined ? error : result.error
    if (result === undefined) for (const phase of this.#open.keys()) this.#end(phase, error)
    this.#root.setAttribute(attribute.runStatus, result?.status ?? 'failed')
    if (result?.exitCode !== undefined) this.#root.setAttribute(attribute.exitCode, result.exitCode)
    if (result?.oomKilled) this.#root.setAttribute(attribute.oomKilled, true)
    if (failure !== undefined) fail(this.#root, failure)
  }

  /** Ends the span. Those of its phases that are open end with it. */
  closed(error: unknown): void {
    this.#pull?.unsubscribe()
    for (const phase of this.#open.keys()) this.#end(phase, error)
    this.#root.end()
  }

  #begin(phase: Phase): void {
    const attributes = this.#attempt === 1 ? {} : { [attribute.attempt]: this.#attempt }
    const parent = trace.setSpan(ROOT_CONTEXT, this.#root)
    this.#open.set(phase, this.#tracer.startSpan(phase, { attributes }, parent))
  }

  #end(phase: Phase, error?: unknown): void {
    const span = this.#open.get(phase)
    this.#open.delete(phase)
    if (span === undefined) return
    if (error !== undefined) fail(span, error)
    span.end()
  }

  /** The pull that this run waits for may have been begun by another one. */
  #followPull(pull$: Cookie['pull$']): void {
    this.#pull?.unsubscribe()
    this.#pull = pull$.subscribe({ next: progress => quietly(() => this.#onPull(progress)), error: () => {} })
  }

  #onPull({ state, error }: PullProgress): void {
    if (state === 'pulling' && !this.#open.has('pull')) this.#begin('pull')
    else if (state === 'present') this.#end('pull')
    else if (state === 'failed') this.#end('pull', new Error(error))
  }
}

/** Marks a span as failed, by the code of the error. */
function fail(span: Span, error: unknown): void {
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
  span.setAttribute(attribute.errorType, errorTypeOf(error))
  span.setStatus({ code: SpanStatusCode.ERROR, message: message.slice(0, longestMessage) })
}
