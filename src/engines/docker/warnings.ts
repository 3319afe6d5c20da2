import type { TransitionListener } from './transitions.ts'

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
