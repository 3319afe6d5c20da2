import type { AllowName } from '../config/allow.ts'

/** An object of JSON. */
export type Fields = Readonly<Record<string, unknown>>

/** One option before and after the edit. */
export interface Edit {
  readonly now: unknown
  readonly before: unknown
  /** All options of the same object, before and after the edit. */
  readonly all: Fields
  readonly allBefore: Fields
  readonly isHardened: boolean
}

/** Returns the names of what an edit loosens, for the config's `allow`. */
export type Rule = (edit: Edit) => readonly AllowName[]
