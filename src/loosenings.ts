/** What of the security profile a config can give up, by name. */
export const loosenings = [
  'capabilities',
  'new-privileges',
  'swap',
  'log-files',
  'hardened-root',
  'hardened-network',
  'hardened-writable-root',
  'hardened-shared-memory',
  'hardened-volumes',
] as const

/** One of {@link loosenings}. */
export type Loosened = (typeof loosenings)[number]
