import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { currentOwner } from '../../../utils/owner.ts'

/** The labels that every container carries, so that what outlives its owner can be found. */
export const labelNames = {
  /** The driver that made it, one of possibly several in a process. */
  instance: 'cookietin.instance',
  /** The cookie's id. */
  id: 'cookietin.id',
  /** The process that made it, by boot, pid and start time. */
  owner: 'cookietin.owner',
  /** The host of that process: what it owned before a reboot is known to be ownerless only there. */
  host: 'cookietin.host',
} as const

/** The labels of one cookie's container. */
export function labelsOf(instance: string, id: string): Record<string, string> {
  return {
    [labelNames.instance]: instance,
    [labelNames.id]: id,
    [labelNames.owner]: currentOwner(),
    [labelNames.host]: currentHost(),
  }
}

let host: string | undefined

/** Tells this host from others that share the engine; the same after a reboot. `-` where nothing does, as in most containers. */
export function currentHost(): string {
  host ??= hostId()
  return host
}

function hostId(): string {
  try {
    const id = readFileSync('/etc/machine-id', 'utf8').trim()
    // The id itself is meant to stay on its host (machine-id(5)).
    return id === '' ? '-' : createHash('sha256').update(`cookietin ${id}`).digest('hex').slice(0, 16)
  } catch {
    return '-'
  }
}

/** Containers with a network of their own carry this host's name, as Fn's do. Undefined where it is none that a container can have. */
export function containerHostname(): string | undefined {
  const name = hostname().slice(0, 63)
  return /^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(name) ? name : undefined
}
