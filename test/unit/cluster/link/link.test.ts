import { expect, it } from 'vitest'
import { Link, type Packet } from '../../../../src/cluster/link/link.ts'

/** A link whose other end is known, or will be the first that is heard of. */
function setup(peer?: string) {
  const taken: string[] = []
  const sent: Packet[] = []
  const link = new Link({
    run: 'r',
    transmit: packet => void sent.push(packet),
    peer: () => peer,
    takers: { control: ({ type }) => void taken.push(type) },
  })
  const packet = (from: string, seq: number, type: string): Packet => ({
    ...{ run: 'r', from, seq },
    lane: 'control',
    message: { type },
  })
  return { link, taken, sent, packet }
}

it('a link takes nothing of another process than its other end', () => {
  const { link, taken, sent, packet } = setup('w-1')
  link.receive(packet('w-2', 1, 'hello'))
  expect([taken, sent]).toEqual([[], []])
  link.receive(packet('w-1', 1, 'hello'))
  expect(taken).toEqual(['hello'])
})

it('a link whose other end is not known takes what comes first', () => {
  const { link, taken, packet } = setup()
  link.receive(packet('w-2', 1, 'hello'))
  expect(taken).toEqual(['hello'])
})

it('a lane that nobody takes from holds nothing up', async () => {
  const { link, sent } = setup()
  link.receive({ run: 'r', from: 'w', seq: 1, lane: 'output', message: { type: 'out' } })
  await link.taken('output', 1)
  expect(sent).toEqual([{ run: 'r', lane: 'output', ack: 1, received: 1 }])
})
