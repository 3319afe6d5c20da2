import { cookieMachine } from 'cookietin/machines'
import { getInitialSnapshot, getNextSnapshot } from 'xstate'

// The machine is plain XState: draw it, test against it, or ask it what may happen.
let snapshot = getInitialSnapshot(cookieMachine, { id: 'c1', timeout: 5_000 })
for (const type of ['prepare', 'cancel'] as const) {
  snapshot = getNextSnapshot(cookieMachine, snapshot, { type })
  console.log(snapshot.value) // { unstarted: 'preparing' }, then { settled: 'cancelled' }
}
