import { CookietinError } from '../errors.ts'

/** What `error.type` says of an error: its code. */
export const errorTypeOf = (error: unknown): string => (error instanceof CookietinError ? error.code : '_OTHER')
