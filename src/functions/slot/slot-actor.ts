import { slotMachine } from '../../../machines/slot.ts'
import { actorParts } from '../../utils/actors/actor-parts.ts'

/** What a slot's actor works on. */
export interface SlotDependencies {
  launch(): Promise<void>
  listen(signal: AbortSignal): Promise<void>
  freeze(): Promise<void>
  unfreeze(): Promise<void>
  retire(): Promise<void>
}

/** The dependencies of each slot's actor. */
export const slotParts = actorParts<SlotDependencies>()

/** The slot's machine, with its actors joined to a container. */
export const hotSlotMachine = slotMachine.provide({
  actors: {
    launch: slotParts.promise(({ launch }) => launch()),
    listen: slotParts.promise(({ listen }, { signal }) => listen(signal)),
    freeze: slotParts.promise(({ freeze }) => freeze()),
    unfreeze: slotParts.promise(({ unfreeze }) => unfreeze()),
    retire: slotParts.promise(({ retire }) => retire()),
  },
})
