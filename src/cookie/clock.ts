import type { ActorOptions } from 'xstate'
import type { engineCookieMachine } from './cookie-actor.ts'

/** The clock of a cookie's actor: it drives the machine's delays, and may give the time. */
export type CookieClock = NonNullable<ActorOptions<typeof engineCookieMachine>['clock']> & { now?(): number }

/** A timer that fires later than this, in ms, tells that the event loop stood still. */
const stall = 100

/** How long after a stall a timer still waits, in ms, for what happened meanwhile to be read. */
const catchUp = 100

/**
 * This machine's clock. Node.js runs due timers before it reads sockets: after a stall of the event loop, a timeout would be recorded
 * before the exit that came long before it. A timer that is late therefore waits until the sockets were read.
 */
export const processClock: CookieClock = {
  setTimeout(callback, ms) {
    const due = performance.now() + ms
    const timer: Timer = { current: undefined }
    const fire = () => {
      if (performance.now() - due < stall) callback()
      else timer.current = setTimeout(callback, catchUp)
    }
    timer.current = setTimeout(fire, ms)
    return timer
  },
  clearTimeout(timer: Timer | undefined) {
    clearTimeout(timer?.current)
  },
}

interface Timer {
  current: NodeJS.Timeout | undefined
}
