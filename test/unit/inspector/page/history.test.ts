import { expect, it } from 'vitest'
import { Model } from '../../../../src/inspector/page/data/model.ts'
import { ActorHistories } from '../../../../src/inspector/page/data/past/histories.ts'
import { countsOf, historyOf, noHistory } from '../../../../src/inspector/page/data/past/history.ts'
import { info, row, step, totals } from './setup.ts'

const nothing = { states: {}, arrows: {} }
const ns = ({ log }: { readonly log: readonly { readonly n: number }[] }) => log.map(({ n }) => n)

it('joins the fetched details and the steps received since, up to the shown step', () => {
  const details = { key: 1, before: nothing, log: [step(1, 'a', 'b'), step(2, 'b', 'c')], stats: [], context: { x: 1 } }
  const past = { steps: [step(2, 'b', 'c'), step(3, 'c', 'd'), step(4, 'd', 'e')], samples: [] }
  const at = (steps: number) => historyOf(row({ steps }), { past, details, final: true })
  expect(ns(at(4))).toEqual([1, 2, 3, 4])
  expect(ns(at(3))).toEqual([1, 2, 3])
  expect(at(2)).toMatchObject({ statesOnly: false, context: { x: 1 } })
  // The fetched context is of a later step.
  expect(at(1)).toMatchObject({ log: [{ n: 1 }], context: undefined })
})

it('drops fetched details where steps are missing after them, and counts by the known states', () => {
  const details = { key: 1, before: nothing, log: [step(1, 'a', 'b')], stats: [], context: undefined }
  const past = { steps: [step(5, 'c', 'd')], samples: [] }
  const path = [
    [0, 'a'],
    [10, 'b'],
    [40, 'c'],
    [50, 'd'],
  ] as [number, string][]
  const history = historyOf(row({ steps: 5, path }), { past, details, final: true })
  expect(ns(history)).toEqual([5])
  expect(countsOf(history, 'a').states).toEqual({ a: 1, b: 1, c: 1, d: 1 })
})

it('makes a log from the known states when details cannot be fetched, and none while they may arrive', () => {
  const path = [
    [0, 'a'],
    [10, 'b'],
    [20, 'c'],
  ] as [number, string][]
  const actor = row({ steps: 2, path })
  const past = { steps: [], samples: [] }
  expect(historyOf(actor, { past, final: false })).toMatchObject({ log: [], statesOnly: false })
  expect(historyOf(actor, { past, final: true })).toMatchObject({
    statesOnly: true,
    log: [
      { n: 1, at: 10, from: 'a', to: 'b' },
      { n: 2, at: 20, from: 'b', to: 'c' },
    ],
  })
})

it('counts the arrows that a step names, and those of the parallel states that change', () => {
  const log = [
    step(1, 'a', 'b', { arrows: ['box→b'] }),
    step(2, 'b', 'low & dark', { via: ['c'] }),
    step(3, 'low & dark', 'high & dark', { arrows: ['low→high'] }),
  ]
  expect(countsOf({ ...noHistory, log }, 'a')).toEqual({
    states: { a: 1, b: 1, c: 1, low: 1, dark: 1, high: 1 },
    arrows: { 'box→b': 1, 'b→c': 1, 'c→low & dark': 1, 'low→high': 1 },
  })
})

it('keeps a bounded past, and drops the oldest first', () => {
  const pasts = new ActorHistories(6)
  for (const key of [1, 2, 3]) for (const n of [1, 2, 2, 3]) pasts.step(step(n, 'a', 'b', { key }))
  expect([1, 2, 3].map(key => ns({ log: pasts.of(key).steps }))).toEqual([[], [1, 2, 3], [1, 2, 3]])
  const many = new ActorHistories(10_000)
  for (let n = 1; n <= 1_000; n++) {
    many.step(step(n, 'a', 'b'))
    many.sample([1, n, n, null])
  }
  expect(many.of(1).steps.length).toBe(200)
  expect(many.of(1).samples.length).toBeLessThanOrEqual(480)
  expect(many.of(1).samples.at(-1)).toEqual({ timestamp: 1_000, metrics: { cpu_total: 1_000 } })
})

it('counts the ends per second, which fall to 0 without messages; of cookies only where the totals distinguish them', () => {
  const model = new Model()
  model.apply({ type: 'snapshot', seq: 0, now: 0, machines: {}, actors: [], totals })
  model.apply({ type: 'delta', seq: 1, now: 1_000, totals: { ...totals, ended: 10 } })
  expect(model.rate(1_000)).toBe(10)
  expect(model.rate(5_000)).toBe(2)
  expect(model.rate(5_999)).toBe(2)
  expect(model.rate(6_000)).toBe(0)
  const endings = { cookie: { success: 4, error: 1 }, image: { present: 90 } }
  model.apply({ type: 'delta', seq: 2, now: 7_000, totals: { ...totals, ended: 10 } })
  model.apply({ type: 'delta', seq: 3, now: 20_000, totals: { ...totals, ended: 95, endings: { ...endings } } })
  model.apply({
    type: 'delta',
    seq: 4,
    now: 21_000,
    totals: { ...totals, ended: 95, endings: { cookie: { success: 10 } } },
  })
  expect(model.rate(25_000)).toBe(1)
})

it('a copy of the model does not change', () => {
  const model = new Model()
  model.apply({ type: 'snapshot', seq: 0, now: 0, machines: {}, actors: [info({ state: 'a' })], totals })
  const copy = model.copy()
  model.apply({ type: 'delta', seq: 1, now: 10, steps: [step(1, 'a', 'b')], actors: [info({ key: 2 })], totals })
  expect([copy.actors.size, copy.actors.get(1)]).toMatchObject([1, { state: 'a', path: { length: 1 } }])
  expect([model.actors.size, model.actors.get(1)]).toMatchObject([2, { state: 'b', path: { length: 2 } }])
})
