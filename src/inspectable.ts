import type { Observable } from 'rxjs'
import type { InspectionEvent, Observer } from 'xstate'
import type { Stat } from './stats/stat.ts'

/** An XState inspector, in either of its forms. */
export type Inspect = ((event: InspectionEvent) => void) | Observer<InspectionEvent>

/** What an inspector may show of an actor besides its machine, and do to it. */
export interface Inspectable {
  readonly image?: string
  readonly command?: readonly string[]
  /** Texts that nobody may see: they are masked wherever they turn up. */
  readonly secrets?: readonly string[]
  /** Resource samples; subscribed to while somebody looks. */
  readonly stats$?: Observable<Stat>
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
