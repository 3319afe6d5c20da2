import { type Actor, createActor } from 'xstate'
import { elapsedOf } from '../../../../machines/clock.ts'
import { imageMachine } from '../../../../machines/image.ts'
import type { ImageInput } from '../../../../machines/types/image.ts'
import { CookietinError, cancelledError, messageOf, toCookietinError } from '../../../errors.ts'
import { onAbort } from '../../../utils/abort.ts'
import { actorParts } from '../../../utils/actors/actor-parts.ts'
import { followState, type StateName, stateOf } from '../../../utils/actors/follow-state.ts'
import { type Inspect, makeInspectable } from '../../../utils/actors/inspectable.ts'
import type { PullProgress } from '../../pull-progress.ts'
import { type LayerRecord, Layers } from './layers.ts'

/** The calls of an image's actor. */
export interface ImageDependencies {
  look(signal: AbortSignal): Promise<boolean>
  /** Pulls once. `timeout` is the time limit in ms. */
  pull(options: {
    readonly signal: AbortSignal
    readonly timeout: number
    readonly onRecord: (record: LayerRecord) => void
  }): Promise<void>
}

interface Parts extends ImageDependencies {
  readonly timeout: number
  /** Starts the layers of a new attempt. The returned function adds a record to them. */
  readonly newLayers: () => (record: LayerRecord) => void
}

const parts = actorParts<Parts>()

const engineImageMachine = imageMachine.provide({
  actors: {
    look: parts.promise<boolean>(({ look }, { signal }) => look(signal)),
    pull: parts.promise(({ pull, timeout, newLayers }, { signal }, actor) => {
      const left = Math.max(1, Math.round(timeout - elapsedOf(actor)))
      return pull({ signal, timeout: left, onRecord: newLayers() })
    }),
  },
})

type ImageActor = Actor<typeof engineImageMachine>

/** The states that an event can end in. A state of the machine that {@link PullProgress} lacks does not compile. */
const seen = (state: StateName<ImageActor>): PullProgress['state'] =>
  state as Exclude<typeof state, 'choosing' | 'judging'>

/** Called after each change of an image's state. */
export type ImageTransition = (from: string, to: string, event: string, progress: PullProgress) => void

/** The listeners of {@link makePresent}. */
export interface ImageListeners {
  readonly onProgress: (progress: PullProgress) => void
  readonly onTransition: ImageTransition
  readonly inspect: Inspect | undefined
}

/**
 * Makes one image present. Rejects with the reason of its failure, or because `signal` was aborted.
 *
 * @param onProgress called with every state and each change of the layers.
 */
export function makePresent(
  input: ImageInput,
  dependencies: ImageDependencies,
  { signal, onProgress, onTransition, inspect }: ImageListeners & { readonly signal: AbortSignal },
): Promise<void> {
  const { image, timeout } = input
  return new Promise((resolve, reject) => {
    const actor = createActor(engineImageMachine, {
      id: `image ${image}`,
      input,
      ...(inspect === undefined ? {} : { inspect }),
    })
    if (inspect !== undefined) makeInspectable(actor, { image })
    let layers = new Layers()
    const report = () => onProgress(progressOf(actor, layers))
    const entered = (from: string, to: string, event: string) => {
      onTransition(from, to, event, progressOf(actor, layers))
      report()
    }
    parts.assign(actor, {
      ...dependencies,
      timeout,
      newLayers: () => {
        const own = new Layers()
        layers = own
        return record => {
          if (own.add(record) && layers === own) report()
        }
      },
    })
    let release = () => {}
    followState(actor, ({ from, to, event }) => {
      entered(from, to, event.type)
      const { status, context } = actor.getSnapshot()
      if (status !== 'done') return
      release()
      if (to === 'present') resolve()
      else if (to === 'cancelled') reject(cancelledError(`pull image ${image}`, signal.reason))
      else reject(failureOf(image, context.error))
    })
    entered('wanted', stateOf(actor), 'xstate.init')
    actor.start()
    release = onAbort(signal, () => actor.send({ type: 'cancel' }))
  })
}

function failureOf(image: string, error: unknown): CookietinError {
  if (error !== undefined) return toCookietinError(error, 'ERR_COOKIETIN_PULL_FAILED', `Could not pull image ${image}`)
  const message = `The engine has no image ${image}, and it may not be pulled. Pull or build it first, or set pull to 'missing'`
  return new CookietinError('ERR_COOKIETIN_IMAGE_NOT_FOUND', message)
}

function progressOf(actor: ImageActor, layers: Layers): PullProgress {
  const { image, attempt, delay, error } = actor.getSnapshot().context
  const state = seen(stateOf(actor))
  return {
    image,
    state,
    attempt,
    retryIn: state === 'waiting' ? Math.round(delay) : undefined,
    error: error === undefined ? undefined : messageOf(error),
    ...layers.progress,
  }
}
