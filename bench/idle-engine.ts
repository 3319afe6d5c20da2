import { EMPTY } from 'rxjs'
import type { Engine, EngineContainer } from '../src/engines/engine.ts'

const exit = { exitCode: 0, oomKilled: false, outputTruncated: false }

/** A container that does nothing, at once. */
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

/** An engine of such containers: what is left is what cookietin itself costs. */
export const idleEngine: Engine = { name: 'idle', container: idleContainer, close: async () => {} }
