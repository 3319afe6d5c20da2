import type { Actor, AnyStateMachine } from 'xstate'

type Innermost<Value> = string extends Value
  ? string
  : Value extends string
    ? Value
    : Value extends object
      ? Innermost<Value[keyof Value]>
      : never

/** The names of the innermost states of an actor's machine. */
export type StateName<AnyActor extends StateActor> = Innermost<ReturnType<AnyActor['getSnapshot']>['value']>

/** A change of an actor's innermost state. */
export interface StateChange<State> {
  readonly from: State
  readonly to: State
  /** The event that caused it. */
  readonly event: { readonly type: string; readonly error?: unknown }
}

type StateActor = Pick<Actor<AnyStateMachine>, 'system'> & { getSnapshot(): { readonly value: unknown } }

/** The innermost state that an actor is in. */
export const stateOf = <AnyActor extends StateActor>(actor: AnyActor): StateName<AnyActor> =>
  innermost(actor.getSnapshot().value) as StateName<AnyActor>

/** Calls the listener after each event that changed the actor's innermost state. */
export function followState<AnyActor extends StateActor>(
  actor: AnyActor,
  listener: (change: StateChange<StateName<AnyActor>>) => void,
): void {
  let state = stateOf(actor)
  actor.system.inspect(inspected => {
    if (inspected.type !== '@xstate.snapshot' || inspected.actorRef !== (actor as object)) return
    const from = state
    state = stateOf(actor)
    if (state !== from) listener({ from, to: state, event: inspected.event })
  })
}

/** The innermost state of a state value. States that are active in parallel are joined by ` & `. */
export function innermost(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  let names = ''
  for (const key in value) {
    const name = innermost(value[key as keyof typeof value]) || key
    names = names === '' ? name : `${names} & ${name}`
  }
  return names
}
