/** What a buddy's machine remembers. */
export interface BuddyContext {
  readonly id: string
  /** How many cookies a namespace may serve, one after the other; Infinity for any number. */
  readonly maxUses: number
  /** ms between two cookies. */
  readonly rest: number
  /** How many cookies the present namespace has served. */
  readonly uses: number
  /** How often in a row it could not be made, or died before it was of use. */
  readonly failures: number
  /** Why it failed last. */
  readonly error: unknown
  /** Why its last container could not be removed; undefined when nothing is left. */
  readonly removeError: unknown
}

/** What a buddy's machine is asked, and what is told to it. */
export type BuddyEvent =
  /** A cookie takes its namespace. */
  | { readonly type: 'lease' }
  /** The cookie is gone. */
  | { readonly type: 'release' }
  /** Its container has ended, or its engine is lost. */
  | { readonly type: 'died'; readonly error?: unknown }
  | { readonly type: 'close' }

/** What a buddy's machine starts from. */
export interface BuddyInput {
  readonly id: string
  /** 1: every namespace serves one cookie only. */
  readonly maxUses: number
  /** ms. */
  readonly rest: number
}
