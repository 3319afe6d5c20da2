/**
 * The version of the messages on the wire and in recordings (docs/inspector.md). Raised when an older reader would
 * misread them.
 */
export const protocolVersion = 1

/**
 * An arrow of a machine: one transition, or several of the same event between the same states. Its ends may be
 * composite.
 */
export interface Arrow {
  readonly from: string
  readonly to: string
  /** The machine's own event name; empty for a transition without one. */
  readonly event: string
  /** The event in words, with its guards. */
  readonly label: string
}

/** A state with states in it, drawn as a box around them. */
export interface Composite {
  readonly name: string
  readonly children: readonly string[]
  /** The child that it begins in; missing where all are active in parallel. */
  readonly initial?: string
}

/**
 * A machine's definition, as it is drawn. A state whose key is not unique in its machine has the name `parent.child`.
 */
export interface MachineInfo {
  readonly name: string
  /** The state that it begins in, which may be composite. */
  readonly initial: string
  /** The innermost states. */
  readonly states: readonly string[]
  /** Outer states before inner ones. Older recordings have none. */
  readonly composites?: readonly Composite[]
  readonly finals: readonly string[]
  readonly arrows: readonly Arrow[]
  /** The events that a page may send to its actors, and the states that handle each; empty for the whole machine. Older recordings have none. */
  readonly events?: Readonly<Record<string, readonly string[]>>
  /** The machine as XState JSON. */
  readonly config: unknown
  /** The machine as a Mermaid state diagram. */
  readonly mermaid: string
}

/** Why an actor ended as it did. */
export interface Reason {
  readonly code?: string | undefined
  readonly message: string
}

/** A field of a context, before and after a step. A value that is missing was undefined. */
export interface Change {
  readonly from?: unknown
  readonly to?: unknown
}

/** One event of one actor. */
export interface Step {
  readonly key: number
  /** Counts the steps of this actor, from 1. */
  readonly n: number
  /** Unix ms. */
  readonly at: number
  readonly from: string
  readonly to: string
  readonly event: string
  /** States that were only passed through, in order. */
  readonly via?: readonly string[]
  /**
   * The keys of the arrows taken, in order. Missing where they are those between the states: an arrow may begin or end
   * at a box.
   */
  readonly arrows?: readonly string[]
  /** The event's data: bounded, secrets masked. */
  readonly payload?: unknown
  /** No state has handled the event. The actor stayed where it was. */
  readonly ignored?: true
  /** The fields of the context that changed: bounded, secrets masked. */
  readonly changes?: Readonly<Record<string, Change>>
  /** How it ended, once that is decided. */
  readonly status?: string
  /** With `status`, where there is one. */
  readonly reason?: Reason
  readonly exitCode?: number
  /** The last line of its standard error, where outputs are shown and it did not succeed. */
  readonly errorLine?: string
  /** The actor is at its end. */
  readonly over?: true
}

/** When a state was entered: Unix ms, and the state. */
export type Visit = readonly [at: number, state: string]

/** What is known of an actor at one moment. */
export interface ActorInfo {
  /** Unique within one inspector; ids may repeat. */
  readonly key: number
  readonly id: string
  /** A key of `machines`. */
  readonly machine: string
  /** The key of the actor that spawned it. */
  readonly parent?: number
  readonly image?: string
  readonly command?: string
  /** `name=value`, masked. */
  readonly labels?: readonly string[]
  /** Its details have a task. */
  readonly hasTask?: true
  /** Keys of actors that belong to it without being its children: the cookie of a slot. */
  readonly members?: readonly number[]
  /** The actor can be frozen, thawed and cancelled, where the inspector allows that. */
  readonly controllable?: true
  /** It can be run again, where the inspector allows that. */
  readonly repeatable?: true
  /** The state it began in. */
  readonly initial: string
  readonly state: string
  /** Unix ms. */
  readonly created: number
  /** When its state was entered, Unix ms. */
  readonly changed: number
  readonly steps: number
  readonly status?: string
  readonly reason?: Reason
  readonly exitCode?: number
  readonly errorLine?: string
  readonly over?: true
  /** The latest sample: percent of one core, bytes. */
  readonly cpu?: number
  readonly mem?: number
  /** The latest states, oldest first, with the present one. */
  readonly path: readonly Visit[]
}

/** Counts of all actors, those that are not kept included. */
export interface Totals {
  /** Actors seen so far. */
  readonly seen: number
  /** Actors whose end is decided. */
  readonly ended: number
  /** The living actors by machine and state. */
  readonly states: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** The actors whose end is decided, by status. */
  readonly statuses: Readonly<Record<string, number>>
  /** The same by machine and status; older recordings have none. */
  readonly endings?: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** The latest sample of an actor within a batch. */
export type Sample = readonly [key: number, at: number, cpu: number | null, mem: number | null]

/** The first message of a connection and of a recording. */
export interface Hello {
  readonly type: 'hello'
  readonly protocol: number
  /** Differs after a restart. */
  readonly instance: string
  readonly mode: 'live' | 'recording'
  /** True when `POST control` is allowed. */
  readonly control: boolean
  /** True when details have the output of runs. Older recordings have none. */
  readonly output?: boolean
  /** How many steps an actor's log holds. */
  readonly maxSteps: number
}

/** Everything that the inspector keeps. It replaces all earlier messages. */
export interface Snapshot {
  readonly type: 'snapshot'
  readonly seq: number
  /** Unix ms. */
  readonly now: number
  readonly machines: Readonly<Record<string, MachineInfo>>
  readonly actors: readonly ActorInfo[]
  readonly totals: Totals
}

/** The changes since the message before, whose `seq` is one less. */
export interface Delta {
  readonly type: 'delta'
  readonly seq: number
  readonly now: number
  readonly machines?: Readonly<Record<string, MachineInfo>>
  /** New actors, as they were before the steps of this message. */
  readonly actors?: readonly ActorInfo[]
  readonly steps?: readonly Step[]
  readonly samples?: readonly Sample[]
  /** Keys of actors that were dropped. */
  readonly gone?: readonly number[]
  readonly totals: Totals
}

/** The inspector closes; nothing follows. */
export interface End {
  readonly type: 'end'
  readonly now: number
}

export type Message = Hello | Snapshot | Delta | End

/**
 * Visits of states and uses of arrows in the steps that the log has dropped. Arrows have the key of {@link arrowKey}.
 */
export interface Counts {
  readonly states: Readonly<Record<string, number>>
  readonly arrows: Readonly<Record<string, number>>
}

/** The end of one output stream. */
export interface OutputTailInfo {
  /** Secrets are masked. Its only controls are line feeds, tabs and colours. Empty where it is no longer kept. */
  readonly text: string
  /** How many bytes were written. */
  readonly total: number
  /** Earlier output was written, and is not kept. */
  readonly isCut: boolean
}

/** The output of a run. */
export interface ActorOutput {
  readonly stdout: OutputTailInfo
  readonly stderr: OutputTailInfo
}

/** Everything about one actor: `GET actors/KEY`. */
export interface ActorDetails {
  readonly key: number
  readonly before: Counts
  readonly log: readonly Step[]
  readonly stats: readonly { readonly timestamp: number; readonly metrics: Readonly<Record<string, number>> }[]
  /** The machine's context: bounded, secrets masked. */
  readonly context: unknown
  /** What runs: its fields by name, bounded, secrets masked. */
  readonly task?: Readonly<Record<string, unknown>>
  /** The last 64 KiB of each stream, where outputs are shown. */
  readonly output?: ActorOutput
}

/** A step that a search has found. */
export interface FoundStep {
  readonly key: number
  readonly id: string
  /** The machine of the actor. */
  readonly machine: string
  /** The number of the step. 0: the actor has not made a step yet. */
  readonly n: number
  /** Unix ms. */
  readonly at: number
  readonly event: string
  /** Where the text was found: in the event's type, in its data, or in the context. */
  readonly where: 'event' | 'data' | 'context'
  /** The text around what was found. */
  readonly excerpt: string
}

/** What a search over all actors has found: `GET search?text=…`. */
export interface SearchAnswer {
  /** The latest actors first, and of each the latest steps first. */
  readonly found: readonly FoundStep[]
  /** More steps were found than are told. */
  readonly more: boolean
  /** How many actors were searched, and how many there are. It is ended early when it takes too long. */
  readonly searched: number
  readonly actors: number
}

/** The body of `POST control`. */
export type ControlRequest =
  | { readonly key: number; readonly action: 'freeze' | 'unfreeze' | 'cancel' | 'again' }
  | { readonly key: number; readonly action: 'send'; readonly event: { readonly type: string } }

/** The key of an arrow. */
export const arrowKey = (from: string, to: string): string => `${from}→${to}`

/** The keys of the arrows that a step takes, in order. */
export const arrowsOf = (step: Pick<Step, 'from' | 'to' | 'via' | 'arrows'>): readonly string[] =>
  step.arrows ?? hops(step).map(([from, to]) => arrowKey(from, to))

/** The states that a hop enters: of those that are active in parallel, the ones that change. */
export function enteredBy([from, to]: readonly [string, string]): readonly string[] {
  if (from === to) return to.split(' & ')
  const before = new Set(from.split(' & '))
  return to.split(' & ').filter(state => !before.has(state))
}

/** The states that a step leaves and enters, pair by pair; none for a step that stays where it is. */
export function hops({ from, to, via }: Pick<Step, 'from' | 'to' | 'via'>): readonly (readonly [string, string])[] {
  if (from === to && via === undefined) return []
  const stops = [from, ...(via ?? []), to]
  return stops.slice(1).map((stop, index) => [stops[index] ?? from, stop] as const)
}
