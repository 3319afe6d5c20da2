import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { currentOwner } from '../../../utils/owner.ts'

/** The labels of every container, by which a container that outlives its owner is found. */
export const labelNames = {
  /** The driver that made it. A process may have several. */
  instance: 'cookietin.instance',
  /** The cookie's id. */
  id: 'cookietin.id',
  /** The process that made it, by boot, pid and start time. */
  owner: 'cookietin.owner',
  /** The host of that process. Only there it is known that a process from before a reboot is dead. */
  host: 'cookietin.host',
  /** When the run of a container is over at the latest, in Unix time (ms). Only with a timeout. */
  deadline: 'cookietin.deadline',
  /** What it is held ready for: {@link HeldKind}. A container without it is that of a run. */
  held: 'cookietin.held',
  /** It may be frozen by its control group's file, of which the engine does not know. */
  freezer: 'cookietin.freezer',
} as const

/** A container that is held ready: a spare one waits for its run, a namespace lends its network to runs. */
export type HeldKind = 'spare' | 'namespace'

/** The label of every volume that is made for a task. */
export const volumeLabel = 'cookietin.volume'

/** The labels of one cookie's container. */
export function labelsOf(instance: string, id: string): Record<string, string> {
  return {
    [labelNames.instance]: instance,
    [labelNames.id]: id,
    [labelNames.owner]: currentOwner(),
    [labelNames.host]: currentHost(),
  }
}

/** The label that tells until when a run may take. A freeze stops its clock, and a label cannot be changed: hence the allowance. */
export function deadlineLabel(
  { timeout, stopGrace }: { readonly timeout: number; readonly stopGrace: number },
  freezeAllowance: number,
): Record<string, string> {
  const at = Math.ceil(Date.now() + timeout + stopGrace + freezeAllowance)
  return Number.isSafeInteger(at) ? { [labelNames.deadline]: String(at) } : {}
}

let host: string | undefined

/** An id of this host that survives a reboot. `-` when there is none, as in most containers. */
export function currentHost(): string {
  host ??= hostId()
  return host
}

function hostId(): string {
  try {
    const id = readFileSync('/etc/machine-id', 'utf8').trim()
    // The id itself must not leave its host (machine-id(5)).
    return id === '' ? '-' : createHash('sha256').update(`cookietin ${id}`).digest('hex').slice(0, 16)
  } catch {
    return '-'
  }
}

/**
 * This host's name, which containers with a network of their own get, as in Fn. Undefined when a container cannot have
 * it.
 */
export function containerHostname(): string | undefined {
  const name = hostname().slice(0, 63)
  return /^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(name) ? name : undefined
}
