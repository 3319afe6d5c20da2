import type { AnyStateMachine } from 'xstate'
import {
  cookieMachine,
  imageMachine,
  namespaceMachine,
  runMachine,
  slotMachine,
  spareMachine,
} from '../../../machines/index.ts'

/**
 * The events of cookietin's own machines that ask for something. All others report what an engine has done: sent by hand, they would make
 * a machine believe what is not so.
 */
const requests: ReadonlyMap<object, readonly string[]> = new Map<object, readonly string[]>([
  [cookieMachine.config, ['freeze', 'unfreeze', 'cancel', 'kill', 'close']],
  [runMachine.config, ['cancel']],
  [slotMachine.config, ['evict', 'close']],
  [imageMachine.config, ['cancel']],
  [namespaceMachine.config, []],
  [spareMachine.config, []],
])

/** The events that a page may send to the actors of a machine: those of XState itself are not among them. */
export const requestsOf = (machine: AnyStateMachine): readonly string[] =>
  requests.get(machine.config) ?? machine.events.filter(event => !/^$|^xstate\.|\*/.test(event))
