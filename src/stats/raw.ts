import type { Stat } from './stat.ts'

// Beside the sample and not in it: the engine's JSON must not be kept, compared, written or decimated with the sample.
const raws = new WeakMap<Stat, unknown>()

/** Remembers the raw data of a sample. */
export function withRaw(stat: Stat, raw: unknown): Stat {
  raws.set(stat, raw)
  return stat
}

/**
 * Returns the raw data of a sample of `stats$` or `onStat`: the engine's JSON as an object, or the counters that the cgroup sampler read.
 * Undefined for the points of a result, which stand for many samples, and for engines without raw data.
 *
 * @example
 * execution.stats$.subscribe(stat => console.log(rawSample(stat)))
 */
export function rawSample(stat: Stat): unknown {
  return raws.get(stat)
}
