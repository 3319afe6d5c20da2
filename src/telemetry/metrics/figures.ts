import type { CookieState } from '../../../machines/cookie-states.ts'
import type { Cookie } from '../../cookie/cookie.ts'
import type { Transition } from '../../cookie/result.ts'
import type { ObservedExecutor } from '../../executor/observers/instrumentation.ts'
import type { RunEnd } from '../../executor/observers/run-log.ts'
import type { CallRecord } from '../../functions/call/record.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'
import { errorTypeOf } from '../error-type.ts'
import { attribute, metric } from '../names.ts'
import { DriverFigures } from './driver-figures.ts'
import { SampleFigures } from './samples.ts'
import type { Report, Sink } from './sink.ts'

/** One run, as the figures keep it. */
export interface CountedRun {
  state: CookieState
  /** When it was made, in monotonic ms. */
  readonly since: number
  /** When its present wait in the queue began. */
  queuedSince: number
}

/** The figures of runs, functions and calls, in one sink. */
export class Figures {
  readonly #sink: Sink
  readonly #executors = new Set<ObservedExecutor>()
  /** How many runs are in each state. */
  readonly #states = new Map<CookieState, number>()
  readonly #calls = new Map<string, number>()
  readonly #drivers: DriverFigures
  readonly #samples: SampleFigures | undefined
  readonly #runDuration: Report
  readonly #runWait: Report
  readonly #callDuration: Report
  readonly #callWait: Report
  readonly #coldStarts: Report

  constructor(sink: Sink, { samples }: { readonly samples: boolean }) {
    this.#sink = sink
    this.#drivers = new DriverFigures(sink)
    this.#samples = samples ? new SampleFigures(sink) : undefined
    this.#runDuration = sink.histogram(metric.runDuration)
    this.#runWait = sink.histogram(metric.runWait)
    this.#callDuration = sink.histogram(metric.callDuration)
    this.#callWait = sink.histogram(metric.callWait)
    this.#coldStarts = sink.counter(metric.coldStarts)
    sink.gauge(metric.runsQueued, report => report(this.#states.get('created') ?? 0))
    sink.gauge(metric.runsActive, report => {
      for (const [state, count] of this.#states)
        if (state !== 'created' && count > 0) report(count, { [attribute.runState]: state })
    })
    sink.gauge(metric.callsActive, report => {
      for (const [name, count] of this.#calls) report(count, { [attribute.functionName]: name })
    })
    sink.gauge(metric.slots, report => this.#reportSlots(report))
  }

  follow(executor: ObservedExecutor): void {
    this.#executors.add(executor)
    this.#drivers.follow(executor.driver)
  }

  unfollow(executor: ObservedExecutor): void {
    this.#executors.delete(executor)
  }

  runQueued(): CountedRun {
    const since = performance.now()
    this.#count('created', 1)
    return { state: 'created', since, queuedSince: since }
  }

  runChanged(run: CountedRun, { to }: Transition, task: ResolvedTask, source: Pick<Cookie, 'stats$'>): void {
    if (run.state === 'created' && to === 'preparing') this.#runWait((performance.now() - run.queuedSince) / 1_000)
    if (to === 'created') run.queuedSince = performance.now()
    if (to === 'running') this.#samples?.follow(run, task, source)
    this.#count(run.state, -1)
    this.#count(to, 1)
    run.state = to
  }

  runEnded(run: CountedRun, { result, error }: RunEnd): void {
    this.#samples?.end(run)
    const failure = result === undefined ? error : result.error
    this.#runDuration((performance.now() - run.since) / 1_000, {
      [attribute.runStatus]: result?.status ?? 'failed',
      ...(failure !== undefined && { [attribute.errorType]: errorTypeOf(failure) }),
    })
  }

  runClosed(run: CountedRun): void {
    this.#count(run.state, -1)
    this.#samples?.end(run)
  }

  callBegan(name: string): void {
    this.#calls.set(name, (this.#calls.get(name) ?? 0) + 1)
  }

  callEnded(name: string, { duration, waited, isCold, status, error }: CallRecord): void {
    this.#calls.set(name, (this.#calls.get(name) ?? 1) - 1)
    const named = { [attribute.functionName]: name }
    this.#callDuration(duration / 1_000, {
      ...named,
      ...(status !== undefined && { [attribute.httpStatus]: status }),
      ...(error !== undefined && { [attribute.errorType]: error }),
    })
    this.#callWait(waited / 1_000, named)
    if (isCold) this.#coldStarts(1, named)
  }

  close(): void {
    this.#sink.close()
    this.#drivers.close()
    this.#samples?.close()
    this.#executors.clear()
    this.#states.clear()
    this.#calls.clear()
  }

  #count(state: CookieState, by: 1 | -1): void {
    this.#states.set(state, (this.#states.get(state) ?? 0) + by)
  }

  #reportSlots(report: Report): void {
    const sums = new Map<string, { readonly name: string; readonly state: string; count: number }>()
    for (const { functions } of this.#executors) {
      for (const { name, slots } of functions) {
        for (const [state, count] of Object.entries(slots)) {
          const key = `${state} ${name}`
          const sum = sums.get(key) ?? { name, state, count: 0 }
          sum.count += count
          sums.set(key, sum)
        }
      }
    }
    for (const { name, state, count } of sums.values()) {
      report(count, { [attribute.functionName]: name, [attribute.slotState]: state })
    }
  }
}
