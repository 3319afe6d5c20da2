export { cookieMachine } from './cookie.ts'
export type { Cause, CookieContext, CookieEvent, CookieInput } from './cookie-types.ts'
