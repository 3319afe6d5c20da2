import { expect, test } from 'vitest'
import { SampleTimes } from '../../../../../src/engines/docker/sampling/sample-times.ts'

const hour = 3_600_000
const start = 1_767_323_045_000

test.each([
  ['forward', [0, 100, 200, 200 + hour, 300 + hour], [0, 100, 200, 200 + hour, 300 + hour]],
  ['back', [0, 100, 200 - hour, 300 - hour, 400 - hour], [0, 100, 200, 300, 400]],
  ['back and forward again', [0, 100, 200 - hour, 300 - hour, 400, 500], [0, 100, 200, 300, 400, 500]],
  ['back by less than an interval', [0, 100, 50, 150, 250], [0, 100, 200, 300, 400]],
])('the times stay in order when the clock is set %s', (_, clock, expected) => {
  const times = new SampleTimes()
  const reported = clock.map((ms, index) => (times.timeOf(start + ms, 7_000 + index * 100) ?? Number.NaN) - start)
  expect(reported).toEqual(expected)
})

test('the same sample has no time of its own', () => {
  const times = new SampleTimes()
  expect([times.timeOf(start, 0), times.timeOf(start, 1_000), times.timeOf(start + 1, 1_000)]).toEqual([
    start,
    undefined,
    start + 1,
  ])
})
