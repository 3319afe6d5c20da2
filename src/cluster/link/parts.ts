/** A packet is bounded: at most 64 KiB of data each. */
const limit = 65_536

/** The parts of some bytes that fit into a packet each, in order and not copied. */
export function* partsOf(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += limit) yield bytes.subarray(at, at + limit)
}
