import type { Stat } from './stat.ts'

// Beside the sample and not in it: what is kept, compared, written or decimated must not drag the engine's own along.
const raws = new WeakMap<Stat, unknown>()

/** Notes what a sample was made of. */
export function withRaw(stat: Stat, raw: unknown): Stat {
  raws.set(stat, raw)
  return stat
}

/**
 * What a sample of `stats$` or `onStat` was made of, for what its metrics leave out: with the engine's sampler the engine's own JSON, as an object;
 * with the cgroup sampler the counters that were read. Undefined for points of a result, which stand for many samples, and for
 * engines that have no more than the metrics.
 */
export function rawSample(stat: Stat): unknown {
  return raws.get(stat)
}
