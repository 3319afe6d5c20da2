import { LaneReceiver, LaneSender } from './lane.ts'

/**
 * The lanes of a run, each in an order of its own: a slow reader of one does not delay the others. `control`: requests and
 * replies; `output`: standard output and error; `input`: standard input, or the body of a call; `files`: what is copied in; `artifacts`: what is
 * copied out; `response`: the response of a call.
 */
export const laneNames = ['control', 'output', 'input', 'files', 'artifacts', 'response'] as const

/** The name of a lane. */
export type LaneName = (typeof laneNames)[number]

/** A message: its type, further fields that JSON keeps, and bytes. */
export interface Message {
  readonly type: string
  readonly [field: string]: unknown
  readonly data?: Uint8Array | undefined
}

/** What travels between two processes. */
export interface Packet {
  /** The run. */
  readonly run: string
  /** The process that sent it. Set by the transport. */
  readonly from?: string | undefined
  readonly lane: LaneName
  /** The number of the message in its lane. Undefined: an acknowledgement. */
  readonly seq?: number | undefined
  /** The messages up to this number were taken. */
  readonly ack?: number | undefined
  /** With `ack`: the messages up to this number have arrived. */
  readonly received?: number | undefined
  readonly message?: Message | undefined
}

/** Bytes of one lane that may be on their way. */
const window = 4 * 1024 * 1024

/** The options of a {@link Link}. */
export interface LinkOptions {
  readonly run: string
  /** Gives a packet to the transport. */
  readonly transmit: (packet: Packet) => void
  /** The process at the other end. Undefined while it is not known: the first one that is heard of will be it. */
  readonly peer: () => string | undefined
  /** Takes the messages of each lane, in order. A lane without a taker drops them. */
  readonly takers: Partial<Record<LaneName, (message: Message) => Promise<void> | undefined>>
}

/** One end of the connection between the two processes of a run. */
export class Link {
  readonly run: string
  readonly #peer: () => string | undefined
  readonly #senders = new Map<LaneName, LaneSender<Message>>()
  readonly #receivers = new Map<LaneName, LaneReceiver<Message>>()

  constructor({ run, transmit, peer, takers }: LinkOptions) {
    this.run = run
    this.#peer = peer
    for (const lane of laneNames) {
      this.#senders.set(
        lane,
        new LaneSender({ window, transmit: ({ seq, message }) => transmit({ run, lane, seq, message }) }),
      )
      this.#receivers.set(
        lane,
        new LaneReceiver({
          deliver: message => takers[lane]?.(message),
          acknowledge: (ack, received) => transmit({ run, lane, ack, received }),
        }),
      )
    }
  }

  /** Sends a message. Returns a promise when the next one of its lane must wait. */
  send(lane: LaneName, message: Message): Promise<void> | undefined {
    return this.#senders.get(lane)?.send(message, message.data?.length ?? 0)
  }

  /** How many messages were sent in a lane. */
  sent(lane: LaneName): number {
    return this.#senders.get(lane)?.sent ?? 0
  }

  /** Resolves when so many messages of a lane were taken. */
  async taken(lane: LaneName, seq: number): Promise<void> {
    await this.#receivers.get(lane)?.until(seq)
  }

  /** True while a message is not acknowledged. */
  get isPending(): boolean {
    return [...this.#senders.values()].some(sender => sender.isPending)
  }

  /** Takes a packet from the transport. */
  receive({ from, lane, seq, ack, received, message }: Packet): void {
    // A run may have been handed out twice. What another process says of it does not count.
    if (from !== (this.#peer() ?? from)) return
    if (ack !== undefined) this.#senders.get(lane)?.acknowledge(ack, received)
    if (seq !== undefined && message !== undefined) this.#receivers.get(lane)?.receive({ seq, message, size: 0 })
  }

  /** Sends again what is not acknowledged. */
  resend(): void {
    for (const sender of this.#senders.values()) sender.resend()
  }

  close(): void {
    for (const sender of this.#senders.values()) sender.close()
    for (const receiver of this.#receivers.values()) receiver.close()
  }
}
