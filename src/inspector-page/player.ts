import type { Message, Step } from '../inspector/protocol.ts'
import { Model } from './model.ts'
import { append, type History, noHistory } from './steps.ts'

type Timed = Extract<Message, { readonly now: number }>

/** A recording: all of its messages, and the model at any time of them. */
export class Player {
  readonly began: number
  readonly ends: number
  readonly #messages: readonly Timed[]
  readonly #steps = new Map<number, Step[]>()
  readonly #samples = new Map<number, { timestamp: number; metrics: Record<string, number> }[]>()
  #model = new Model()
  #next = 0
  #at = 0

  constructor(messages: readonly Message[]) {
    this.#messages = messages.filter(message => 'now' in message)
    this.began = this.#messages[0]?.now ?? 0
    this.ends = this.#messages.at(-1)?.now ?? 0
    for (const message of this.#messages) {
      if (message.type !== 'delta') continue
      for (const step of message.steps ?? []) listIn(this.#steps, step.key).push(step)
      for (const [key, timestamp, cpu, mem] of message.samples ?? []) {
        const metrics = { ...(cpu === null ? {} : { cpu_total: cpu }), ...(mem === null ? {} : { mem_usage: mem }) }
        listIn(this.#samples, key).push({ timestamp, metrics })
      }
    }
  }

  get at(): number {
    return this.#at
  }

  /** The model at a time; goes on from where it is, where that is earlier. */
  seek(at: number): Model {
    if (at < this.#at) {
      this.#model = new Model()
      this.#next = 0
    }
    this.#at = Math.min(this.ends, Math.max(this.began, at))
    let message = this.#messages[this.#next]
    while (message !== undefined && message.now <= this.#at) {
      this.#model.apply(message)
      this.#next += 1
      message = this.#messages[this.#next]
    }
    return this.#model
  }

  /** What one actor had done up to where the player is. */
  history(key: number): History {
    const history = noHistory()
    for (const step of this.#steps.get(key) ?? []) {
      if (step.at > this.#at) break
      append(history, step)
    }
    history.stats = (this.#samples.get(key) ?? []).filter(({ timestamp }) => timestamp <= this.#at)
    return history
  }
}

function listIn<Value>(lists: Map<number, Value[]>, key: number): Value[] {
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}
