import { type Capability, capabilities } from '../../../task/engine/capabilities.ts'

/** The parts of the security profile that a config can give up, by name. */
export const allowNames = [
  'capabilities',
  'new-privileges',
  'swap',
  'log-files',
  'hardened-root',
  'hardened-network',
  'hardened-writable-root',
  'hardened-shared-memory',
  'hardened-volumes',
  // These change nothing by themselves. They permit the edit in a cookie's `containerOptions`.
  'privileged',
  'namespaces',
  'devices',
  'security-options',
  'other-volumes',
  'ports',
  'limits',
  'runtime',
  'other-options',
] as const

/** One of {@link allowNames}, or one capability, such as `cap:SYS_PTRACE`. */
export type AllowName = (typeof allowNames)[number] | `cap:${Capability}`

/** Every name that a config can list. */
export const everyAllowName: readonly AllowName[] = [...allowNames, ...capabilities.map(name => `cap:${name}` as const)]
