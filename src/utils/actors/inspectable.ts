import type { Observable } from 'rxjs'
import type { InspectionEvent, Observer } from 'xstate'
import { InvalidInputError } from '../../errors.ts'

/** An XState inspector, in either of its forms. */
export type Inspect = ((event: InspectionEvent) => void) | Observer<InspectionEvent>

/** What is known of a task, by name. An inspector masks it before it shows it. */
export type TaskFacts = Readonly<Record<string, unknown>>

/** What an inspector may show of an actor besides its machine, and which actions it may take. */
export interface Inspectable {
  readonly image?: string
  readonly command?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  /** What runs, and with which limits. It holds neither environment nor input: an inspector keeps it beyond the actor's end. */
  readonly task?: TaskFacts
  /** The id of its container on the engine, once there is one. */
  containerId?(): string | undefined
  /** Which image its container was made of, once that is known: `name@sha256:…`, or the image's id. */
  imageDigest?(): string | undefined
  /** Actors that belong to this one without being its children. */
  readonly members?: readonly object[]
  /** The actor that this one belongs to without being its child. It is known before this one. */
  readonly owner?: object
  /** Secret texts. They are masked wherever they occur. */
  readonly secrets?: readonly string[]
  /** Resource samples. An inspector subscribes only while a page or a recording watches. */
  readonly stats$?: Observable<{ readonly timestamp: number; readonly metrics: Readonly<Record<string, number>> }>
  /** Calls back with every chunk of output from now on. An inspector calls it only where it shows outputs. */
  watchOutput?(onChunk: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void): void
  freeze?(): Promise<void>
  unfreeze?(): Promise<void>
  cancel?(reason: unknown): Promise<void>
  /** Runs the same task again, and returns the id of the new run. It may be called after the actor's end. */
  again?(): string
}

// Kept beside the actor: every inspector prints the context of its machine.
const known = new WeakMap<object, Inspectable>()

/** Describes an actor to inspectors. Call it before the actor is started, and only where an inspector is attached. */
export function makeInspectable(actor: object, inspectable: Inspectable): void {
  known.set(actor, inspectable)
}

/** The description of an actor; undefined where it has none. */
export const inspectableOf = (actor: object): Inspectable | undefined => known.get(actor)

/** The type of an inspector, for an error message. */
export const inspectRule = 'a function that takes inspection events, or an observer of them'

/** True for an inspector, and for undefined. */
export function isInspect(inspect: unknown): inspect is Inspect | undefined {
  if (inspect === undefined || typeof inspect === 'function') return true
  return typeof (inspect as Partial<Observer<unknown>> | null)?.next === 'function'
}

const guarded = new WeakMap<object, Inspect>()

/**
 * Wraps an inspector so that its errors do no harm: XState calls it in the middle of a transition, and an error would
 * stop the machine. After its first error it is disabled and a process warning is emitted.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG` for a value that is not an inspector.
 */
export function guardInspect(inspect: Inspect | undefined): Inspect | undefined {
  if (inspect === undefined) return undefined
  if (!isInspect(inspect)) {
    const issue = { field: 'inspect', value: String(inspect), allowed: inspectRule }
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', [issue])
  }
  const before = guarded.get(inspect)
  if (before !== undefined) return before
  const call = typeof inspect === 'function' ? inspect : (event: InspectionEvent) => inspect.next?.(event)
  let broken = false
  const guard = (event: InspectionEvent) => {
    if (broken) return
    try {
      call(event)
    } catch (error) {
      broken = true
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
      process.emitWarning('An inspector threw an error and is disabled', { code: 'COOKIETIN_INSPECTOR', detail })
    }
  }
  guarded.set(inspect, guard)
  guarded.set(guard, guard)
  return guard
}
