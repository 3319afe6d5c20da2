import { isRecord } from '../../utils/validation/issues.ts'
import { type LaneName, laneNames, type Message, type Packet } from '../link/link.ts'
import { readJson } from './read-json.ts'

/** The version of what travels. Another one is not understood, and refused. */
export const wireVersion = 1

/** A packet as two fields of a Redis stream: its head as JSON, and its bytes. */
export interface EncodedPacket {
  readonly head: string
  readonly data: Buffer | undefined
}

export function encodePacket({ run, from, lane, seq, ack, received, message }: Packet): EncodedPacket {
  const { data, ...rest } = message ?? { type: '' }
  const head = JSON.stringify({
    v: wireVersion,
    run,
    from,
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
  const value = readJson(head)
  if (value.v !== wireVersion || typeof value.run !== 'string') return undefined
  const { run, from, lane, seq, ack, received, message } = value
  if (!laneNames.some(name => name === lane)) return undefined
  return {
    run,
    from: typeof from === 'string' ? from : undefined,
    lane: lane as LaneName,
    seq: typeof seq === 'number' ? seq : undefined,
    ack: typeof ack === 'number' ? ack : undefined,
    received: typeof received === 'number' ? received : undefined,
    message: isRecord(message) && typeof message.type === 'string' ? ({ ...message, data } as Message) : undefined,
  }
}
