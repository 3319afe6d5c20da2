import type { Sample, Step } from '../../../protocol.ts'

/** The steps and samples of one actor that the page received, oldest first. */
export interface Past {
  readonly steps: Step[]
  readonly samples: { readonly timestamp: number; readonly metrics: Readonly<Record<string, number>> }[]
}

/** How much is kept of each actor. */
const mostSteps = 200
const mostSamples = 480

/** Keeps the received steps and samples of each actor, for when the inspector cannot be asked. */
export class ActorHistories {
  readonly #limit: number
  readonly #pasts = new Map<number, Past>()
  #count = 0

  /** Beyond `limit` steps and samples, those of the least recently changed actors are dropped. */
  constructor(limit: number) {
    this.#limit = limit
  }

  of(key: number): Past {
    return this.#pasts.get(key) ?? { steps: [], samples: [] }
  }

  step(step: Step): void {
    const { steps } = this.#open(step.key)
    if (step.n <= (steps.at(-1)?.n ?? 0)) return
    steps.push(step)
    this.#count += 1
    if (steps.length > mostSteps && this.#limit < Infinity) {
      steps.shift()
      this.#count -= 1
    }
    this.#trim()
  }

  sample([key, timestamp, cpu, mem]: Sample): void {
    const { samples } = this.#open(key)
    samples.push({
      timestamp,
      metrics: { ...(cpu === null ? {} : { cpu_total: cpu }), ...(mem === null ? {} : { mem_usage: mem }) },
    })
    this.#count += 1
    if (samples.length > mostSamples) {
      const kept = samples.filter((_, index) => index % 2 === 0)
      this.#count -= samples.length - kept.length
      samples.splice(0, samples.length, ...kept)
    }
    this.#trim()
  }

  #open(key: number): Past {
    const past = this.of(key)
    this.#pasts.delete(key)
    this.#pasts.set(key, past)
    return past
  }

  #trim(): void {
    for (const [key, { steps, samples }] of this.#pasts) {
      if (this.#count <= this.#limit) return
      this.#pasts.delete(key)
      this.#count -= steps.length + samples.length
    }
  }
}
