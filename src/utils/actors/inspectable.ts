import type { Observable } from 'rxjs'
import type { InspectionEvent, Observer } from 'xstate'
import { InvalidInputError } from '../../errors.ts'

/** An XState inspector, in either of its forms. */
export type Inspect = ((event: InspectionEvent) => void) | Observer<InspectionEvent>

/** What an inspector may show of an actor besides its machine, and do to it. */
export interface Inspectable {
  readonly image?: string
  readonly command?: readonly string[]
  /** Texts that nobody may see: they are masked wherever they turn up. */
  readonly secrets?: readonly string[]
  /** Resource samples; subscribed to while somebody looks. */
  readonly stats$?: Observable<{ readonly timestamp: number; readonly metrics: Readonly<Record<string, number>> }>
  freeze?(): Promise<void>
  unfreeze?(): Promise<void>
  cancel?(reason: unknown): Promise<void>
}

// Beside the actor and not in its machine's context, which every inspector prints.
const known = new WeakMap<object, Inspectable>()

/** Tells inspectors more of an actor. Call it before the actor is started, and only where an inspector is attached: it costs nothing elsewhere. */
export function makeInspectable(actor: object, inspectable: Inspectable): void {
  known.set(actor, inspectable)
}

/** What is known of an actor. */
export const inspectableOf = (actor: object): Inspectable | undefined => known.get(actor)

/** What an inspector has to be, for an error. */
export const inspectRule = 'a function that takes inspection events, or an observer of them'

/** True for an inspector, and for none. */
export function isInspect(inspect: unknown): inspect is Inspect | undefined {
  if (inspect === undefined || typeof inspect === 'function') return true
  return typeof (inspect as Partial<Observer<unknown>> | null)?.next === 'function'
}

const guarded = new WeakMap<object, Inspect>()

/**
 * The same inspector, which cannot do harm: XState calls it in the middle of a transition, so that an error of its own would stop the
 * machine. After one it is called no more, and the process is warned.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG` for what is no inspector.
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
      process.emitWarning('An inspector threw, and is told nothing more', { code: 'COOKIETIN_INSPECTOR', detail })
    }
  }
  guarded.set(inspect, guard)
  guarded.set(guard, guard)
  return guard
}
