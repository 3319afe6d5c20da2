export { cookieMachine } from './cookie.ts'
export type { Cause, CookieContext, CookieEvent, CookieInput } from './cookie-types.ts'
export { slotMachine } from './slot.ts'
export type { SlotCause, SlotContext, SlotEvent, SlotInput } from './slot-types.ts'
