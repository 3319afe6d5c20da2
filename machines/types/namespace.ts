/** The context of a namespace's machine. JSON keeps it: no field is `Infinity`. */
export interface NamespaceContext {
  readonly id: string
  /** How many cookies one namespace may serve, one after the other; undefined: any number. */
  readonly maxUses: number | undefined
  /** ms between two cookies. */
  readonly rest: number
  /** How many more cookies the present namespace may serve; undefined: any number. */
  readonly usesLeft: number | undefined
  /** How often in a row it could not be made, or died before it was leased. Counted as far as the pause grows. */
  readonly failures: number
  /** Why it failed last. */
  readonly error: unknown
  /** Why its last container could not be removed; undefined when everything is removed. */
  readonly removeError: unknown
}

/** The events of a namespace's machine. */
export type NamespaceEvent =
  /** A cookie takes the namespace. */
  | { readonly type: 'lease' }
  /** The cookie has left it. */
  | { readonly type: 'release' }
  /** Another kind of namespace is needed in its place. Only a free one is replaced. */
  | { readonly type: 'retire' }
  /** The container that holds it has ended, or the engine is lost. */
  | { readonly type: 'died'; readonly error?: unknown }
  | { readonly type: 'close' }

/** The input of a namespace's machine. */
export interface NamespaceInput {
  readonly id: string
  /** How many cookies one namespace may serve, one after the other. `Infinity`: any number. */
  readonly maxUses: number
  /** ms between two cookies. */
  readonly rest: number
}
