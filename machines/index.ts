/**
 * What `cookietin/machines` exports: the statecharts, for XState and its tools.
 *
 * @module cookietin/machines
 */
export { cookieMachine } from './cookie.ts'
export { imageMachine } from './image.ts'
export { namespaceMachine } from './namespace.ts'
export { runMachine } from './run.ts'
export { slotMachine } from './slot.ts'
export { spareMachine } from './spare.ts'
export type { Cause, Collection, CookieContext, CookieEvent, CookieInput, Exit } from './types/cookie.ts'
export type { ImageContext, ImageEvent, ImageInput, PullPolicy } from './types/image.ts'
export type { NamespaceContext, NamespaceEvent, NamespaceInput } from './types/namespace.ts'
export type { RunContext, RunEvent, RunInput } from './types/run.ts'
export type { SlotCause, SlotContext, SlotEvent, SlotInput } from './types/slot.ts'
export type { SpareContext, SpareEvent, SpareInput } from './types/spare.ts'
