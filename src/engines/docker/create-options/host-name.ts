import { hostname } from 'node:os'

/** Containers with a network of their own carry this host's name, as the seed's do. Undefined where it is none that a container can have. */
export function containerHostname(): string | undefined {
  const name = hostname().slice(0, 63)
  return /^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(name) ? name : undefined
}
