import type {
  ContainerObserver,
  ExecutorObserver,
  ObservedContainer,
  ObservedExecutor,
} from '../executor/observers/instrumentation.ts'
import type { CallObserver, ObservedCall } from '../functions/call/record.ts'
import type { Figures } from './metrics/figures.ts'
import type { Spans } from './spans/spans.ts'

/** What a {@link Follower} writes to. */
export interface FollowerParts {
  readonly figures: Figures
  /** Undefined where only figures are wanted. */
  readonly spans: Spans | undefined
  /** True when nothing more is wanted. */
  readonly isClosed: () => boolean
}

/** Follows one executor with figures and spans. */
export class Follower implements ExecutorObserver {
  readonly #executor: ObservedExecutor
  readonly #parts: FollowerParts

  constructor(executor: ObservedExecutor, parts: FollowerParts) {
    this.#executor = executor
    this.#parts = parts
    if (!parts.isClosed()) parts.figures.follow(executor)
  }

  container(container: ObservedContainer): ContainerObserver | undefined {
    const { figures, spans, isClosed } = this.#parts
    if (isClosed()) return undefined
    const { task, functionName } = container
    // The containers of functions are slots, and no runs.
    const counted = functionName === undefined ? figures.runQueued() : undefined
    const span = spans?.container(container)
    return {
      env: span?.env ?? {},
      changed: (transition, source) => {
        if (isClosed()) return
        if (counted !== undefined) figures.runChanged(counted, transition, task, source)
        span?.changed(transition, source)
      },
      ended: end => {
        if (isClosed()) return
        if (counted !== undefined) figures.runEnded(counted, end)
        span?.ended(end)
      },
      closed: error => {
        if (isClosed()) return
        if (counted !== undefined) figures.runClosed(counted)
        span?.closed(error)
      },
    }
  }

  call(call: ObservedCall): CallObserver | undefined {
    const { figures, spans, isClosed } = this.#parts
    if (isClosed()) return undefined
    const { functionName } = call
    figures.callBegan(functionName)
    const span = spans?.call(call)
    return {
      headers: span?.headers ?? {},
      ended: record => {
        if (isClosed()) return
        figures.callEnded(functionName, record)
        span?.ended(record)
      },
    }
  }

  closed(): void {
    this.#parts.figures.unfollow(this.#executor)
  }
}
