import { type AnyActorRef, fromPromise } from 'xstate'
import { slotMachine } from '../../../machines/slot.ts'

/** What a slot's machine has done for it. */
export interface SlotWork {
  launch(): Promise<void>
  listen(signal: AbortSignal): Promise<void>
  freeze(): Promise<void>
  unfreeze(): Promise<void>
  retire(): Promise<void>
}

// Beside the machine, as a cookie's parts are: one machine serves all slots.
const works = new WeakMap<AnyActorRef, SlotWork>()

/** Must be called before the actor is started. */
export function assignWork(actor: AnyActorRef, work: SlotWork): void {
  works.set(actor, work)
}

const call = (act: (work: SlotWork, signal: AbortSignal) => Promise<void>) =>
  fromPromise<void, AnyActorRef>(({ input, signal }) => {
    const work = works.get(input)
    return work === undefined ? Promise.reject(new Error('this actor was not made by a function')) : act(work, signal)
  })

/** The slot's machine with its actors joined to a container. */
export const hotSlotMachine = slotMachine.provide({
  actors: {
    launch: call(work => work.launch()),
    listen: call((work, signal) => work.listen(signal)),
    freeze: call(work => work.freeze()),
    unfreeze: call(work => work.unfreeze()),
    retire: call(work => work.retire()),
  },
})
