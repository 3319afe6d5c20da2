/** The parts of a `Host` header, or of an origin without its scheme. */
export interface HostParts {
  /** In lower case. An IPv6 address has no brackets. */
  readonly name: string
  readonly port: number | undefined
}

/** Reads a `Host` header. Returns undefined for an invalid one. */
export function parseHost(header: string | undefined): HostParts | undefined {
  const [, name, port] = /^(\[[\da-f:.]+\]|[^:[\]/@\s]+)(?::(\d{1,5}))?$/i.exec(header ?? '') ?? []
  if (name === undefined) return undefined
  return { name: name.toLowerCase().replace(/^\[|\]$/g, ''), port: port === undefined ? undefined : Number(port) }
}

/** Returns true for a name or an address that only this machine can reach. */
export const isLoopback = (name: string): boolean =>
  name === 'localhost' || name === '::1' || /^127(\.\d+){3}$/.test(name)
