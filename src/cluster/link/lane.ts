/** A message on its way. */
export interface Frame<Message> {
  readonly seq: number
  readonly message: Message
  /** Bytes that count towards the window. */
  readonly size: number
}

/** The options of a {@link LaneSender}. */
export interface LaneSenderOptions<Message> {
  /** How many bytes may be sent and not yet acknowledged. */
  readonly window: number
  /** Gives a frame to the transport, which may lose it, but keeps the order. */
  readonly transmit: (frame: Frame<Message>) => void
}

/**
 * The sending side of a lane: messages in order, each delivered once, over a transport that may lose what it was given. What is not
 * acknowledged is kept, and sent again when {@link resend} is called.
 */
export class LaneSender<Message> {
  readonly #options: LaneSenderOptions<Message>
  readonly #unacknowledged: Frame<Message>[] = []
  #next = 1
  /** The receiver has so many messages, taken or not. */
  #received = 0
  #pendingBytes = 0
  #waiting: (() => void)[] = []

  constructor(options: LaneSenderOptions<Message>) {
    this.#options = options
  }

  /** The number of messages that were sent. */
  get sent(): number {
    return this.#next - 1
  }

  /** True while a message is not acknowledged. */
  get isPending(): boolean {
    return this.#unacknowledged.length > 0
  }

  /** Sends a message. Returns a promise when the window is full: the next message must wait for it. */
  send(message: Message, size = 0): Promise<void> | undefined {
    const frame = { seq: this.#next++, message, size }
    this.#unacknowledged.push(frame)
    this.#pendingBytes += size
    this.#options.transmit(frame)
    if (this.#pendingBytes < this.#options.window) return undefined
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  /** The receiver has taken all messages up to this one, and has those up to `received`. */
  acknowledge(seq: number, received = seq): void {
    this.#received = Math.max(this.#received, received)
    while ((this.#unacknowledged[0]?.seq ?? Infinity) <= seq) {
      this.#pendingBytes -= this.#unacknowledged.shift()?.size ?? 0
    }
    if (this.#pendingBytes < this.#options.window) for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Sends everything again that the receiver may not have. */
  resend(): void {
    for (const frame of this.#unacknowledged) if (frame.seq > this.#received) this.#options.transmit(frame)
  }

  /** Nobody receives any more: everything that waits goes on. */
  close(): void {
    this.#unacknowledged.length = 0
    this.#pendingBytes = 0
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

/** The options of a {@link LaneReceiver}. */
export interface LaneReceiverOptions<Message> {
  /** Takes a message. The next one comes when the returned promise has resolved. It never rejects. */
  readonly deliver: (message: Message) => Promise<void> | undefined
  /** Tells the sender that all messages up to this one were taken, and those up to `received` have arrived. */
  readonly acknowledge: (seq: number, received: number) => void
}

/** The receiving side of a lane. */
export class LaneReceiver<Message> {
  readonly #options: LaneReceiverOptions<Message>
  readonly #queue: Frame<Message>[] = []
  #expected = 1
  #taken = 0
  #isDelivering = false
  #isClosed = false
  readonly #awaited: { readonly seq: number; readonly resolve: () => void }[] = []

  constructor(options: LaneReceiverOptions<Message>) {
    this.#options = options
  }

  /** Takes a frame from the transport. One that came before, or before an earlier one, is dropped. */
  receive(frame: Frame<Message>): void {
    if (this.#isClosed) return
    if (frame.seq !== this.#expected) {
      // Its acknowledgement may have been lost.
      if (frame.seq < this.#expected) this.#options.acknowledge(this.#taken, this.#expected - 1)
      return
    }
    this.#expected++
    this.#queue.push(frame)
    if (!this.#isDelivering) void this.#deliver()
  }

  /** Resolves when so many messages were taken, or the lane is closed. */
  async until(seq: number): Promise<void> {
    if (this.#taken >= seq || this.#isClosed) return
    await new Promise<void>(resolve => this.#awaited.push({ seq, resolve }))
  }

  /** Takes nothing more. */
  close(): void {
    this.#isClosed = true
    this.#queue.length = 0
    for (const { resolve } of this.#awaited.splice(0)) resolve()
  }

  async #deliver(): Promise<void> {
    this.#isDelivering = true
    for (let frame = this.#queue.shift(); frame !== undefined; frame = this.#queue.shift()) {
      const blocked = this.#options.deliver(frame.message)
      if (blocked !== undefined) await blocked
      this.#taken = frame.seq
      this.#release()
      if (this.#queue.length === 0 || frame.seq % 16 === 0) this.#options.acknowledge(frame.seq, this.#expected - 1)
    }
    this.#isDelivering = false
  }

  #release(): void {
    for (let at = this.#awaited.length - 1; at >= 0; at--) {
      if ((this.#awaited[at]?.seq ?? 0) <= this.#taken) this.#awaited.splice(at, 1)[0]?.resolve()
    }
  }
}
