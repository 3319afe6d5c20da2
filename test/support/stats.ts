import fc from 'fast-check'
import type { Stat } from '../../src/stats/stat.ts'

/** Samples in order of time, in whole milliseconds, with gaps and missing metrics. */
export function sortedStats(maxLength = 200): fc.Arbitrary<Stat[]> {
  const metrics = fc.dictionary(fc.constantFrom('mem_usage', 'net_rx', 'cpu_total'), fc.maxSafeNat())
  const gap = fc.oneof({ weight: 5, arbitrary: fc.constant(1000) }, fc.nat(3), fc.nat(100_000))
  return fc.array(fc.tuple(gap, metrics), { maxLength }).map(steps => {
    let timestamp = 1_767_323_045_000
    return steps.map(([step, values]) => {
      timestamp += step
      return { timestamp, metrics: values }
    })
  })
}
