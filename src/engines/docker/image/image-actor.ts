import { type Actor, type AnyActorRef, createActor, fromPromise } from 'xstate'
import { timeOf } from '../../../../machines/clock.ts'
import { imageMachine } from '../../../../machines/image.ts'
import type { ImageInput } from '../../../../machines/image-types.ts'
import { CookietinError, cancelledError, toCookietinError } from '../../../errors.ts'
import { onAbort } from '../../../utils/abort.ts'
import { type Inspect, makeInspectable } from '../../../utils/actors/inspectable.ts'
import type { PullProgress } from '../../pull-progress.ts'
import { type LayerRecord, Layers } from './layers.ts'

/** What an image's actor works on. */
export interface ImageParts {
  look(signal: AbortSignal): Promise<boolean>
  /** Pulls once, within `timeout` ms. */
  pull(options: {
    readonly signal: AbortSignal
    readonly timeout: number
    readonly hear: (record: LayerRecord) => void
  }): Promise<void>
}

interface Parts extends ImageParts {
  /** A new attempt's layers, and what follows of them. */
  readonly layers: () => (record: LayerRecord) => void
}

// As with cookies: beside the actor, not in a context that inspectors print; and one machine for all images.
const parts = new WeakMap<AnyActorRef, Parts>()

function partsOf(actor: AnyActorRef): Parts {
  const found = parts.get(actor)
  if (found === undefined) throw new Error('this actor was not made by a driver')
  return found
}

const engineImageMachine = imageMachine.provide({
  actors: {
    look: fromPromise<boolean, AnyActorRef>(({ input, signal }) => partsOf(input).look(signal)),
    pull: fromPromise<void, AnyActorRef>(({ input, signal }) => {
      const { pull, layers } = partsOf(input)
      const { startedAt, timeout } = (input as ImageActor).getSnapshot().context
      const left = Math.max(1, Math.round(startedAt + timeout - timeOf(input)))
      return pull({ signal, timeout: left, hear: layers() })
    }),
  },
})

type ImageActor = Actor<typeof engineImageMachine>

/** A change of an image's state, told once it has been made. */
export type ImageTransition = (from: string, to: string, event: string, progress: PullProgress) => void

/** Who hears of an image that is made present. */
export interface ImageListeners {
  readonly tell: (progress: PullProgress) => void
  readonly moved: ImageTransition
  readonly inspect: Inspect | undefined
}

/**
 * Makes one image present. Rejects with why that failed, or because `signal` was aborted.
 *
 * @param tell gets every state and every bit of progress.
 */
export function makePresent(
  input: ImageInput,
  given: ImageParts,
  { signal, tell, moved, inspect }: ImageListeners & { readonly signal: AbortSignal },
): Promise<void> {
  const { image } = input
  return new Promise((resolve, reject) => {
    const actor = createActor(engineImageMachine, {
      id: `image ${image}`,
      input,
      ...(inspect === undefined ? {} : { inspect }),
    })
    if (inspect !== undefined) makeInspectable(actor, { image })
    let layers = new Layers()
    let state = 'wanted'
    const news = () => tell(progressOf(actor, layers))
    parts.set(actor, {
      ...given,
      layers: () => {
        const own = new Layers()
        layers = own
        return record => {
          if (own.hear(record) && layers === own) news()
        }
      },
    })
    actor.system.inspect(event => {
      if (event.type !== '@xstate.snapshot' || event.actorRef !== actor) return
      const to = String(actor.getSnapshot().value)
      if (to === state) return
      moved(state, to, event.event.type, progressOf(actor, layers))
      state = to
      news()
      if (actor.getSnapshot().status !== 'done') return
      release()
      const { error } = actor.getSnapshot().context
      if (to === 'present') resolve()
      else if (to === 'cancelled') reject(cancelledError(`pull image ${image}`, signal.reason))
      else reject(failureOf(image, error))
    })
    let release = () => {}
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
  const { value, context } = actor.getSnapshot()
  const { image, attempt, delay, error } = context
  return {
    image,
    state: value as PullProgress['state'],
    attempt,
    retryIn: value === 'waiting' ? Math.round(delay) : undefined,
    error: error === undefined ? undefined : error instanceof Error ? error.message : String(error),
    ...layers.progress,
  }
}
