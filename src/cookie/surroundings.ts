import type { ActorOptions } from 'xstate'
import type { engineCookieMachine } from './cookie-actor.ts'

/** What drives the machine's delays, and may tell the time. */
export type CookieClock = NonNullable<ActorOptions<typeof engineCookieMachine>['clock']> & { now?(): number }

/** What a cookie finds where it is made. */
export interface CookieSurroundings {
  readonly clock?: CookieClock | undefined
  /** Settles when a cookie of the same id that is being closed is gone. It never rejects. */
  readonly forerunner?: Promise<unknown> | undefined
}
