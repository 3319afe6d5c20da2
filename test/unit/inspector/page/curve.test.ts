import { expect, it } from 'vitest'
import { curveOf, nearest } from '../../../../src/inspector/page/panels/details/plot-curve.ts'

it('draws a value over time, and the area below it from the first sample to the last', () => {
  const points = [
    { timestamp: 1_000, value: 0 },
    { timestamp: 2_000, value: 100 },
    { timestamp: 3_000, value: 50 },
  ]
  const curve = curveOf(points, 200, 110)
  expect(curve).toMatchObject({ peak: 100, first: 1_000, span: 2_000, line: '0.0,110.0 100.0,10.0 200.0,60.0' })
  expect(curve?.area).toBe('0.0,110 0.0,110.0 100.0,10.0 200.0,60.0 200.0,110')
  expect(curve && nearest(points, curve, 130)).toBe(points[1])
})

it('draws a single sample as a point, without slopes', () => {
  expect(curveOf([{ timestamp: 5, value: 10 }], 200, 110)).toMatchObject({
    peak: 10,
    span: 0,
    line: '100.0,10.0',
    area: '100.0,110 100.0,10.0 100.0,110',
  })
})

it('draws nothing without samples, and a flat line for zeros', () => {
  expect(curveOf([], 200, 110)).toBeUndefined()
  expect(curveOf([{ timestamp: 5, value: 0 }], 200, 110)).toMatchObject({ peak: 0, line: '100.0,110.0' })
})
