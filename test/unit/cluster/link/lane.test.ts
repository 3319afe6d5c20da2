import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Frame, LaneReceiver, LaneSender } from '../../../../src/cluster/link/lane.ts'

/** A lane whose transport loses what the plan says, and keeps the order. */
function lane(losses: Iterator<number>) {
  const wire: Frame<number>[] = []
  const acks: [number, number][] = []
  const taken: number[] = []
  const isLost = () => losses.next().value === 0
  const sender = new LaneSender<number>({ window: 10, transmit: frame => isLost() || wire.push(frame) })
  const receiver = new LaneReceiver<number>({
    deliver: message => void taken.push(message),
    acknowledge: (seq, received) => isLost() || acks.push([seq, received]),
  })
  const settle = async () => {
    for (const frame of wire.splice(0)) receiver.receive(frame)
    await Promise.resolve()
    for (const [seq, received] of acks.splice(0)) sender.acknowledge(seq, received)
  }
  return { sender, taken, settle, wire, receiver }
}

function* lossless(): Generator<number> {
  for (;;) yield 1
}

describe('a lane', () => {
  it('delivers every message once and in order, whatever the transport loses', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.infiniteStream(fc.integer({ min: 0, max: 3 })),
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 40 }),
        async (losses, bursts) => {
          const { sender, taken, settle } = lane(losses)
          let sent = 0
          for (const burst of bursts) {
            for (let count = 0; count < burst; count++) sender.send(sent++)
            await settle()
          }
          for (let attempt = 0; sender.isPending && attempt < 2_000; attempt++) {
            sender.resend()
            await settle()
          }
          expect(taken).toEqual(Array.from({ length: sent }, (_, at) => at))
          expect(sender.isPending).toBe(false)
        },
      ),
    )
  })

  it('makes the next message wait when the window is full, until the receiver has taken some', async () => {
    const { sender, settle } = lane(lossless())
    expect(sender.send(1, 4)).toBeUndefined()
    const blocked = sender.send(2, 6)
    let isFree = false
    void blocked?.then(() => {
      isFree = true
    })
    await Promise.resolve()
    expect(isFree).toBe(false)
    await settle()
    await blocked
    expect(isFree).toBe(true)
  })

  it('delivers the next message when the one before it was taken', async () => {
    const order: string[] = []
    let take = () => {}
    const receiver = new LaneReceiver<string>({
      deliver: message => {
        order.push(message)
        return new Promise<void>(resolve => {
          take = resolve
        })
      },
      acknowledge: () => {},
    })
    receiver.receive({ seq: 1, message: 'a', size: 0 })
    receiver.receive({ seq: 2, message: 'b', size: 0 })
    expect(order).toEqual(['a'])
    const both = receiver.until(2)
    take()
    await new Promise(setImmediate)
    expect(order).toEqual(['a', 'b'])
    take()
    await both
  })

  it('does not send again what the receiver has and has not taken', async () => {
    const wire: number[] = []
    const sender = new LaneSender<string>({ window: 10, transmit: ({ seq }) => wire.push(seq) })
    for (const text of ['a', 'b', 'c']) sender.send(text)
    sender.acknowledge(0, 2)
    wire.length = 0
    sender.resend()
    expect(wire).toEqual([3])
  })

  it('lets everything go on when it is closed', async () => {
    const { sender, receiver } = lane(lossless())
    const blocked = sender.send(1, 100)
    const waiting = receiver.until(5)
    sender.close()
    receiver.close()
    await Promise.all([blocked, waiting])
    expect(sender.isPending).toBe(false)
  })
})
