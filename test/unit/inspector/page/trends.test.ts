import { expect, it } from 'vitest'
import { Model } from '../../../../src/inspector/page/data/model.ts'
import { Trend } from '../../../../src/inspector/page/data/trends.ts'
import { info, step, totals } from './setup.ts'

it('tells the median and the 95th percentile of the latest stays in a state', () => {
  const trend = new Trend()
  for (let ms = 1; ms <= 100; ms++) trend.stayed('running', ms)
  trend.stayed('starting', 7)
  expect(trend.stays).toEqual([
    { state: 'running', count: 100, p50: 50, p95: 95 },
    { state: 'starting', count: 1, p50: 7, p95: 7 },
  ])
  for (let n = 0; n < 1_000; n++) trend.stayed('running', 3)
  expect(trend.stays[0]).toEqual({ state: 'running', count: 1_100, p50: 3, p95: 3 })
})

it('counts ends by what they mean, in spans up to a time', () => {
  const trend = new Trend()
  for (const [at, status] of [
    [1_000, 'success'],
    [2_500, 'error'],
    [2_900, 'success'],
    [3_999, 'timeout'],
  ] as const)
    trend.ended(at, status)
  expect(trend.bars(3_999, 1, 4)).toEqual([
    { from: 0, kinds: {} },
    { from: 1_000, kinds: { ok: 1 } },
    { from: 2_000, kinds: { bad: 1, ok: 1 } },
    { from: 3_000, kinds: { warn: 1 } },
  ])
  expect(trend.bars(3_999, 2, 2).map(({ kinds }) => kinds)).toEqual([{ ok: 1 }, { bad: 1, ok: 1, warn: 1 }])
  expect(trend.began).toBe(1_000)
})

it('has the stays and ends of a snapshot and of later steps, by machine', () => {
  const model = new Model()
  const path = [
    [0, 'created'],
    [40, 'running'],
    [100, 'done'],
  ] as [number, string][]
  const ended = { ...info({ key: 1, state: 'done', path }), status: 'success' }
  const actors = [ended, info({ key: 2, state: 'running', changed: 10, path: [[10, 'running']] })]
  model.apply({ type: 'snapshot', seq: 1, now: 100, machines: {}, actors, totals })
  const over = step(1, 'running', 'failed', { key: 2, at: 2_010, status: 'failed' })
  model.apply({ type: 'delta', seq: 2, now: 2_100, steps: [over], totals })
  const stays = model
    .copy()
    .trendOf('cookie')
    ?.stays.map(({ state, count, p95 }) => [state, count, p95])
  expect(stays).toEqual([
    ['created', 1, 40],
    ['running', 2, 2_000],
  ])
  expect(
    model
      .trendOf('cookie')
      ?.bars(2_999, 1, 3)
      .map(({ kinds }) => kinds),
  ).toEqual([{ ok: 1 }, {}, { bad: 1 }])
  expect(model.trendOf('slot')).toBeUndefined()
})
