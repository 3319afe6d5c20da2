import type { Stat } from '../../src/stats/stat.ts'

interface Sample {
  timestamp: number
  metrics: Record<string, number>
}

/** Fn's `Decimate`, line by line. For comparison only: it changes its input and does not end for every input. */
export function fnDecimate(maxSamples: number, stats: Stat[]): Stat[] {
  if (stats.length <= maxSamples) return stats
  if (maxSamples <= 0) return []
  const start = (stats[0] as Sample).timestamp
  const window = ((stats[stats.length - 1] as Sample).timestamp - start) / maxSamples
  let nextEntry = 0
  let current = start
  for (let x = 0; x < stats.length; ) {
    const isLastEntry = nextEntry === maxSamples - 1
    let end = x
    while (end < stats.length && (isLastEntry || (stats[end] as Sample).timestamp <= current + window)) end++
    const samples = stats.slice(x, end)
    x += samples.length
    const entry = average(samples)
    if (entry !== undefined) stats[nextEntry++] = entry
    current += window
  }
  return stats.slice(0, nextEntry)
}

function average(samples: readonly Stat[]): Stat | undefined {
  const [first] = samples as Sample[]
  if (first === undefined || samples.length === 1) return first
  const count = samples.length
  const { metrics } = first
  let timestamp = 0
  for (const [index, sample] of samples.entries()) {
    timestamp += sample.timestamp / count
    if (index === 0) continue
    for (const [name, value] of Object.entries(sample.metrics)) metrics[name] = (metrics[name] ?? 0) + value
  }
  for (const [name, value] of Object.entries(metrics)) metrics[name] = Math.floor(value / count)
  return { timestamp, metrics }
}
