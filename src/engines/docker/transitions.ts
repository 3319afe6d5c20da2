/** A state change of something that a docker driver manages beside its cookies. */
export interface DriverTransition {
  /**
   * `image`: one image that is made present. `namespace`: one namespace holder of the prefork pool. `network`: how a
   * cookie's request to the pool ended. `spare`: one place for a spare container. `adoption`: whether a cookie got a spare
   * container; `event` says why not. `profile`: what a cookie's `containerOptions` loosen; `event` lists the names.
   * `warning`: what the engine warned of when it created a cookie's container, such as a limit that it cannot keep;
   * `event` is its text. `freezer`: who freezes a cookie's container, at its first freeze; where the control group's file
   * was asked for, `event` and `error` tell why the engine does it.
   */
  readonly machine: 'image' | 'namespace' | 'network' | 'spare' | 'adoption' | 'profile' | 'warning' | 'freezer'
  /** The image's reference, the namespace holder's name, or the cookie's id. */
  readonly id: string
  readonly from: string
  readonly to: string
  /** The type of the event that caused it. */
  readonly event: string
  /** For an image: the number of its attempt, from 1. */
  readonly attempt?: number | undefined
  /** For an image that is `waiting`: ms until the next attempt. */
  readonly retryIn?: number | undefined
  /** The error message, when something failed. */
  readonly error?: string | undefined
  /** Unix time in ms. */
  readonly at: number
}

/** Called after each transition. */
export type TransitionListener = (transition: Omit<DriverTransition, 'at'>) => void

/** The texts for which this process has warned. Several drivers may use one engine. */
const warned = new Set<string>()
/** An engine may put names or numbers in its texts. The memory for them stays bounded. */
const mostTexts = 1_000

/** Passes on what an engine warns of: a limit that it cannot keep must not be passed over in silence. */
export class EngineWarnings {
  readonly #onTransition: TransitionListener

  constructor(onTransition: TransitionListener) {
    this.#onTransition = onTransition
  }

  /** Reports a warning as a transition of the driver, and each text once as a warning of this process. */
  report(cookieId: string, text: string): void {
    this.#onTransition({ machine: 'warning', id: cookieId, from: 'creating', to: 'warned', event: text })
    if (warned.has(text) || warned.size >= mostTexts) return
    warned.add(text)
    process.emitWarning(`The Docker Engine warns: ${text}`, { code: 'COOKIETIN_ENGINE_WARNING' })
  }
}
