import { isRecord } from '../../utils/validation/issues.ts'
import { type LaneName, laneNames, type Message, type Packet } from '../link/link.ts'

/** The version of what travels. Another one is not understood, and refused. */
export const wireVersion = 1

/** A packet as two fields of a Redis stream: its head as JSON, and its bytes. */
export interface EncodedPacket {
  readonly head: string
  readonly data: Buffer | undefined
}

export function encodePacket({ run, lane, seq, ack, received, message }: Packet): EncodedPacket {
  const { data, ...rest } = message ?? { type: '' }
  const head = JSON.stringify({
    v: wireVersion,
    run,
    lane,
    seq,
    ack,
    received,
    ...(message !== undefined && { message: rest }),
  })
  return { head, data: data === undefined ? undefined : Buffer.from(data.buffer, data.byteOffset, data.byteLength) }
}

/** Returns undefined for what is not a packet of this version. */
export function decodePacket(head: string, data: Buffer | undefined): Packet | undefined {
  let value: unknown
  try {
    value = JSON.parse(head)
  } catch {
    return undefined
  }
  if (!isRecord(value) || value.v !== wireVersion || typeof value.run !== 'string') return undefined
  const { run, lane, seq, ack, received, message } = value
  if (!laneNames.some(name => name === lane)) return undefined
  return {
    run,
    lane: lane as LaneName,
    seq: typeof seq === 'number' ? seq : undefined,
    ack: typeof ack === 'number' ? ack : undefined,
    received: typeof received === 'number' ? received : undefined,
    message: isRecord(message) && typeof message.type === 'string' ? ({ ...message, data } as Message) : undefined,
  }
}
