import { expect, it } from 'vitest'
import { Player } from '../../../../src/inspector/page/data/player.ts'
import { messagesIn } from '../../../../src/inspector/page/data/recording.ts'
import type { Message } from '../../../../src/inspector/protocol.ts'
import { info, step, totals } from './setup.ts'

const hello: Message = { type: 'hello', protocol: 1, instance: 'x', mode: 'recording', control: false, maxSteps: 1 }

it('shows a recording at any time, forward and back', () => {
  const player = new Player([
    hello,
    { type: 'snapshot', seq: 0, now: 5, machines: {}, actors: [info({ state: 'a' })], totals },
    { type: 'delta', seq: 1, now: 10, steps: [step(1, 'a', 'b')], totals },
    { type: 'delta', seq: 2, now: 20, steps: [step(2, 'b', 'c')], samples: [[1, 20, 50, 100]], totals },
    { type: 'end', now: 21 },
  ])
  expect([player.began, player.ends]).toEqual([5, 21])
  const stateAt = (at: number) => player.seek(at).actors.get(1)?.state
  expect([stateAt(21), stateAt(12), stateAt(5), stateAt(20)]).toEqual(['c', 'b', 'a', 'c'])
  player.seek(12)
  expect(player.history(1)).toMatchObject({ log: [{ n: 1 }], stats: [] })
  player.seek(21)
  expect(player.history(1)).toMatchObject({ log: [{ n: 1 }, { n: 2 }], stats: [{ metrics: { cpu_total: 50 } }] })
})

it('knows where messages are missing, and goes on after that', () => {
  const player = new Player([
    hello,
    { type: 'snapshot', seq: 0, now: 5, machines: {}, actors: [info({ state: 'a' })], totals },
    { type: 'delta', seq: 2, now: 20, steps: [step(2, 'b', 'c')], totals },
    { type: 'delta', seq: 3, now: 30, steps: [step(3, 'c', 'd')], totals },
    { type: 'snapshot', seq: 3, now: 40, machines: {}, actors: [info({ state: 'd', steps: 3 })], totals },
  ])
  expect(player.gaps).toEqual([{ from: 20, to: 40 }])
  expect(player.whole).toBe(false)
  expect([5, 20, 39, 40].map(at => [player.seek(at).actors.get(1)?.state, player.gap !== undefined])).toEqual([
    ['a', false],
    ['c', true],
    ['d', true],
    ['d', false],
  ])
  expect(player.history(1).log.map(({ n }) => n)).toEqual([2, 3])
})

it('reads complete lines and leaves out the others', () => {
  const whole: Message[] = [
    hello,
    { type: 'snapshot', seq: 0, now: 5, machines: {}, actors: [info({})], totals },
    { type: 'delta', seq: 1, now: 10, steps: [step(1, 'a', 'b')], samples: [[1, 20, 50, 100]], gone: [4], totals },
    { type: 'end', now: 21 },
  ]
  const text = whole.map(message => JSON.stringify(message)).join('\n')
  expect(messagesIn(text)).toEqual(whole)
  expect(messagesIn(text.slice(0, -3))).toEqual(whole.slice(0, 3))
  for (const bad of [
    '',
    'flour',
    '3',
    'null',
    '{"type":"snapshot","seq":0,"now":1,"machines":{}}',
    '{"type":"delta","seq":0,"now":1}',
    JSON.stringify({ type: 'delta', seq: 0, now: 1, totals, steps: [{ key: 1 }] }),
    JSON.stringify({ type: 'snapshot', seq: 0, now: 1, totals, machines: {}, actors: [{ key: 1 }] }),
  ]) {
    expect(messagesIn(`${bad}\n${text}`), bad).toEqual(whole)
  }
})
