import type { Message } from '../../protocol.ts'
import { Model } from './model.ts'
import { ActorHistories } from './past/histories.ts'
import { type History, historyOf, noHistory } from './past/history.ts'

type Timed = Extract<Message, { readonly now: number }>

/** A part of a recording where messages are missing, up to the next snapshot. Unix ms. */
export interface Gap {
  readonly from: number
  readonly to: number
}

/** A recording: its messages, and the model at any time. */
export class Player {
  readonly began: number
  readonly ends: number
  /** False where the end was not recorded. */
  readonly whole: boolean
  readonly gaps: readonly Gap[]
  readonly #messages: readonly Timed[]
  readonly #pasts = new ActorHistories(Infinity)
  #model = new Model()
  #next = 0
  #at = 0

  constructor(messages: readonly Message[]) {
    this.#messages = messages.filter(message => 'now' in message)
    this.began = this.#messages[0]?.now ?? 0
    this.ends = this.#messages.at(-1)?.now ?? 0
    this.whole = this.#messages.at(-1)?.type === 'end'
    this.gaps = gapsOf(this.#messages)
    for (const message of this.#messages) {
      if (message.type !== 'delta') continue
      for (const step of message.steps ?? []) this.#pasts.step(step)
      for (const sample of message.samples ?? []) this.#pasts.sample(sample)
    }
  }

  get at(): number {
    return this.#at
  }

  get model(): Model {
    return this.#model
  }

  /** The gap at the player's position. */
  get gap(): Gap | undefined {
    return this.gaps.find(({ from, to }) => from <= this.#at && this.#at < to)
  }

  /** Moves to a time and returns the model there. */
  seek(at: number): Model {
    if (at < this.#at) {
      this.#model = new Model()
      this.#next = 0
    }
    this.#at = Math.min(this.ends, Math.max(this.began, at))
    let message = this.#messages[this.#next]
    while (message !== undefined && message.now <= this.#at) {
      if (!this.#model.apply(message) && message.type === 'delta') this.#model.applyAfterGap(message)
      this.#next += 1
      message = this.#messages[this.#next]
    }
    return this.#model
  }

  /** The past of one actor up to the player's position. */
  history(key: number): History {
    const row = this.#model.actors.get(key)
    return row === undefined ? noHistory : historyOf(row, { past: this.#pasts.of(key), until: this.#at, final: true })
  }
}

/** The parts where messages are missing. */
function gapsOf(messages: readonly Timed[]): Gap[] {
  const gaps: Gap[] = []
  let seq: number | undefined
  for (const message of messages) {
    if (message.type === 'end') continue
    const open = gaps.at(-1)
    if (message.type === 'snapshot') {
      if (open?.to === Infinity) gaps[gaps.length - 1] = { ...open, to: message.now }
    } else if (message.seq !== (seq ?? Number.NaN) + 1 && open?.to !== Infinity) {
      gaps.push({ from: message.now, to: Infinity })
    }
    seq = message.seq
  }
  return gaps
}
