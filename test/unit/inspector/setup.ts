import type { Message } from '../../../src/inspector/protocol.ts'
import type { Audience } from '../../../src/inspector/tracking/hub.ts'
import { Hub, type HubOptions } from '../../../src/inspector/tracking/hub.ts'

/** An audience that records its messages, and is as slow as the test wants. */
export class Listener implements Audience {
  readonly messages: Message[] = []
  isBehind = false
  #caughtUp: (() => void) | undefined

  send(json: Uint8Array): void {
    this.messages.push(JSON.parse(Buffer.from(json).toString()) as Message)
  }

  hasRoomFor(): boolean {
    return !this.isBehind
  }

  whenCaughtUp(callback: () => void): void {
    this.#caughtUp = callback
  }

  catchUp(): void {
    this.isBehind = false
    this.#caughtUp?.()
  }
}

export const newHub = (options: Partial<HubOptions> = {}): Hub =>
  new Hub({ mode: 'live', control: false, maxActors: 1_000, maxSteps: 100, maxStats: 10, ...options })
