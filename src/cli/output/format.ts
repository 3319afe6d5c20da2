import prettyBytes from 'pretty-bytes'

/** Formats a duration for a table: `340 ms`, `1.2 s`, `2m 05s`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`
}

/** Formats the size of an image or a download in powers of 1000, as registries count: `15.3 MB`. */
export const formatBytes = (bytes: number): string => prettyBytes(bytes)

/** Formats memory in powers of 1024, as its limits are given: `7.7 GiB`. */
export const formatMemory = (bytes: number): string => prettyBytes(bytes, { binary: true, maximumFractionDigits: 1 })
