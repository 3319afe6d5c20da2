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
  // These change nothing by themselves: they let a cookie's `containerOptions` be changed so.
  'privileged',
  'namespaces',
  'devices',
  'security-options',
  'other-volumes',
  'ports',
  'limits',
  'runtime',
] as const

/** One of {@link loosenings}. */
export type Loosened = (typeof loosenings)[number]
