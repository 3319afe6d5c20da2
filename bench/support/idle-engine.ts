import { EMPTY } from 'rxjs'
import type { Engine, EngineContainer } from '../../src/engines/engine.ts'

const exit = { exitCode: 0, oomKilled: false, outputTruncated: false }

/** A container that does nothing and ends at once. */
export const idleContainer = (): EngineContainer => ({
  name: 'idle',
  options: {},
  prepare: async () => {},
  start: async () => {},
  wait: async () => exit,
  pause: async () => {},
  unpause: async () => {},
  kill: async () => {},
  remove: async () => {},
  stats$: EMPTY,
})

/** An engine of such containers. The measured time is cookietin's own cost. */
export const idleEngine: Engine = {
  name: 'idle',
  check() {},
  container: idleContainer,
  close: async () => {},
}
