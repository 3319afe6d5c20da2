import type { Redis } from 'ioredis'
import { pause } from '../../utils/timing.ts'
import type { Link, Packet } from '../link/link.ts'
import { decodePacket, encodePacket } from '../wire/packet.ts'
import type { ClusterKeys } from './keys.ts'

/** How long an inbox outlives its process, in ms. */
const inboxLife = 60_000
/** How long a packet may be unacknowledged before everything is sent again, in ms. */
const resendAfter = 2_000
/** How long a link is kept after its end, in ms: what was sent may be asked for again. */
const linkLife = 1_000
/** Packets that one read takes. */
const batch = 256

/** The options of a {@link Post}. */
export interface PostOptions {
  /** For what is sent. */
  readonly redis: Redis
  /** For reading alone: a read that waits blocks its connection. */
  readonly reader: Redis
  readonly keys: ClusterKeys
  /** The name of this process. */
  readonly self: string
  /** Called with a message for which there is no link. */
  readonly onStray?: ((packet: Packet) => void) | undefined
}

/** Carries the packets between the processes of a cluster: each has a stream in Redis, from which it alone reads. */
export class Post {
  readonly #options: PostOptions
  readonly #links = new Map<string, Link>()
  readonly #timer: NodeJS.Timeout
  readonly #reading: Promise<void>
  #last = '0'
  #isClosed = false

  constructor(options: PostOptions) {
    this.#options = options
    // What Redis lost in a crash, and what came while it was away.
    options.redis.on('ready', this.#resend)
    this.#timer = setInterval(this.#resend, resendAfter).unref()
    this.#reading = this.#read()
  }

  get self(): string {
    return this.#options.self
  }

  add(link: Link): void {
    this.#links.set(link.run, link)
  }

  remove(link: Link): void {
    if (this.#links.get(link.run) === link) this.#links.delete(link.run)
    link.close()
  }

  /** Removes a link when the other end has taken all that was sent, or after ten seconds. */
  retire(link: Link, tries = 10): void {
    setTimeout(() => {
      if (link.isPending && tries > 1) this.retire(link, tries - 1)
      else this.remove(link)
    }, linkLife).unref()
  }

  /** Sends a packet to a process. */
  transmit(process: string, packet: Packet): void {
    const { head, data } = encodePacket({ ...packet, from: this.self })
    const { redis, keys } = this.#options
    const fields = data === undefined ? ['h', head] : ['h', head, 'd', data]
    redis.xadd(keys.inbox(process), '*', ...fields).catch(() => {})
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    const { redis, reader, keys, self } = this.#options
    redis.off('ready', this.#resend)
    for (const link of this.#links.values()) link.close()
    reader.disconnect()
    await this.#reading
    if (redis.status === 'ready') await redis.del(keys.inbox(self)).catch(() => {})
  }

  readonly #resend = () => {
    for (const link of this.#links.values()) if (link.isPending) link.resend()
  }

  async #read(): Promise<void> {
    const { reader, redis, keys, self } = this.#options
    const key = keys.inbox(self)
    while (!this.#isClosed) {
      try {
        const reply = await reader.xreadBuffer('COUNT', batch, 'BLOCK', 2_000, 'STREAMS', key, this.#last)
        for (const [id, fields] of reply?.[0]?.[1] ?? []) {
          this.#last = id.toString()
          this.#take(fields)
        }
        // What was read is gone: the stream holds only what is on its way.
        if (reply !== null) void redis.xtrim(key, 'MINID', nextId(this.#last)).catch(() => {})
        void redis.pexpire(key, inboxLife).catch(() => {})
      } catch {
        if (this.#isClosed) return
        await pause(100)
      }
    }
  }

  #take(fields: readonly Buffer[]): void {
    const [, head, , data] = fields
    const packet = head === undefined ? undefined : decodePacket(head.toString(), data)
    if (packet === undefined) return
    const link = this.#links.get(packet.run)
    if (link !== undefined) link.receive(packet)
    else this.#options.onStray?.(packet)
  }
}

/** The id after this one: everything before it is trimmed. */
function nextId(id: string): string {
  const [time = '0', number = '0'] = id.split('-')
  return `${time}-${BigInt(number) + 1n}`
}
