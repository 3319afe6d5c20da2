import { expect, it } from 'vitest'
import { moved, zoomed } from '../../../../src/inspector/page/view/range.ts'

const whole = { from: 0, to: 1_000 }

it('zooms around a time that stays in place', () => {
  expect(zoomed({ from: 0, to: 400 }, whole, 0.5)).toEqual({ from: 100, to: 300 })
  expect(zoomed({ from: 0, to: 400 }, whole, 0.5, 0)).toEqual({ from: 0, to: 200 })
})

it('zooms within the whole and the shortest range', () => {
  expect(zoomed(whole, whole, 10)).toEqual({ from: -100, to: 1_100 })
  expect(zoomed({ from: 0, to: 6 }, whole, 0.01)).toEqual({ from: 0.5, to: 5.5 })
})

it('moves by a part of its length', () => {
  expect(moved({ from: 100, to: 200 }, -0.2)).toEqual({ from: 80, to: 180 })
})
