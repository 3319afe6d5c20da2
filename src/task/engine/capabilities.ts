/** The capabilities of Linux, without their `CAP_`. */
export const capabilities = [
  ...(['AUDIT_CONTROL', 'AUDIT_READ', 'AUDIT_WRITE', 'BLOCK_SUSPEND', 'BPF', 'CHECKPOINT_RESTORE', 'CHOWN'] as const),
  ...(['DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'IPC_LOCK', 'IPC_OWNER', 'KILL', 'LEASE'] as const),
  ...(['LINUX_IMMUTABLE', 'MAC_ADMIN', 'MAC_OVERRIDE', 'MKNOD', 'NET_ADMIN', 'NET_BIND_SERVICE'] as const),
  ...([
    'NET_BROADCAST',
    'NET_RAW',
    'PERFMON',
    'SETFCAP',
    'SETGID',
    'SETPCAP',
    'SETUID',
    'SYSLOG',
    'SYS_ADMIN',
  ] as const),
  ...(['SYS_BOOT', 'SYS_CHROOT', 'SYS_MODULE', 'SYS_NICE', 'SYS_PACCT', 'SYS_PTRACE', 'SYS_RAWIO'] as const),
  ...(['SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'WAKE_ALARM', 'ALL'] as const),
] as const

/** A capability of Linux without its `CAP_`, or `ALL`. */
export type Capability = (typeof capabilities)[number]

/** Reads a capability as the engine does: in any case, with `CAP_` or without. Undefined for what is none. */
export function readCapability(value: unknown): Capability | undefined {
  if (typeof value !== 'string') return undefined
  const name = value.toUpperCase().replace(/^CAP_/, '')
  return capabilities.find(known => known === name)
}
