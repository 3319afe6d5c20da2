import type { Observable, Subscription } from 'rxjs'
import type { DockerDriver } from '../../driver/docker-driver.ts'
import type { Driver } from '../../driver/driver.ts'
import { type EngineCall, engineCalls } from '../../engines/docker/connection/call-channel.ts'
import type { DriverTransition } from '../../engines/docker/transitions.ts'
import { errorTypeOf } from '../error-type.ts'
import { attribute, metric } from '../names.ts'
import { quietly } from '../quietly.ts'
import { operationOf } from './engine-operation.ts'
import type { Report, Sink } from './sink.ts'

/** The present numbers of a pool: its size, and how many are in each state. */
type Usage = Readonly<Record<string, number>>

/** The figures of drivers: pulls, the prefork pool, spare containers, and calls to the engine. */
export class DriverFigures {
  readonly #drivers = new Set<Driver>()
  readonly #subscriptions = new Set<Subscription>()
  readonly #prefork = new Map<Driver, Usage>()
  readonly #spares = new Map<Driver, Usage>()
  readonly #pulled: Report
  readonly #called: Report

  constructor(sink: Sink) {
    this.#pulled = sink.histogram(metric.pullDuration)
    this.#called = sink.histogram(metric.engineDuration)
    sink.gauge(metric.prefork, report => reportStates(report, this.#prefork))
    sink.gauge(metric.spares, report => reportStates(report, this.#spares))
    engineCalls.subscribe(this.#onCall)
  }

  /** Follows a driver until it is closed. Only one of Docker has more than its runs. */
  follow(driver: Driver): void {
    const { driverTransitions$, prefork$, spares$ } = driver as Partial<DockerDriver>
    if (driverTransitions$ === undefined || this.#drivers.has(driver)) return
    this.#drivers.add(driver)
    const pulls = new Map<string, number>()
    this.#subscribe(
      driverTransitions$,
      transition => this.#onTransition(transition, pulls),
      () => {
        this.#drivers.delete(driver)
        this.#prefork.delete(driver)
        this.#spares.delete(driver)
      },
    )
    this.#subscribe(prefork$, usage => this.#prefork.set(driver, { ...usage }))
    this.#subscribe(spares$, usage => this.#spares.set(driver, { ...usage }))
  }

  close(): void {
    engineCalls.unsubscribe(this.#onCall)
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
    this.#subscriptions.clear()
  }

  #subscribe<T>(source$: Observable<T> | undefined, next: (value: T) => void, complete = () => {}): void {
    const subscription = source$?.subscribe({ next: value => quietly(() => next(value)), error: complete, complete })
    if (subscription === undefined) return
    this.#subscriptions.add(subscription)
    subscription.add(() => this.#subscriptions.delete(subscription))
  }

  /** @param pulls When the pull of each image began. */
  #onTransition({ machine, id, to }: DriverTransition, pulls: Map<string, number>): void {
    if (machine !== 'image') return
    const since = pulls.get(id)
    if (to === 'pulling') pulls.set(id, since ?? performance.now())
    if (since === undefined || (to !== 'present' && to !== 'failed' && to !== 'cancelled')) return
    pulls.delete(id)
    this.#pulled((performance.now() - since) / 1_000, { [attribute.pullResult]: to })
  }

  readonly #onCall = (message: unknown): void => {
    const { method, path, duration, error } = message as EngineCall
    quietly(() =>
      this.#called(duration / 1_000, {
        [attribute.httpMethod]: method,
        [attribute.httpPath]: operationOf(path),
        ...(error !== undefined && { [attribute.errorType]: errorTypeOf(error) }),
      }),
    )
  }
}

function reportStates(report: Report, pools: ReadonlyMap<Driver, Usage>): void {
  const sums = new Map<string, number>()
  for (const { size: _, ...states } of pools.values())
    for (const [state, count] of Object.entries(states)) sums.set(state, (sums.get(state) ?? 0) + count)
  for (const [state, count] of sums) report(count, { [attribute.poolState]: state })
}
