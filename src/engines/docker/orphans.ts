import { CookietinError } from '../../errors.ts'
import { ownerState } from '../../utils/owner.ts'
import type { Call } from './connection/api.ts'
import { removeContainer } from './container/remove.ts'
import { currentHost, labelNames } from './create-options/identity.ts'
import type { Room } from './engine-context.ts'

/** A container whose owner, a cookietin process of this host, is dead. */
export interface Orphan {
  readonly name: string
  readonly id: string
  /** The owner's token. */
  readonly owner: string
  /** The engine's word: `'running'`, `'exited'`, … */
  readonly state: string
  readonly removed: boolean
  /** Why it could not be removed. */
  readonly error?: CookietinError
}

interface Listed {
  readonly Id?: unknown
  readonly Names?: readonly string[] | null
  readonly State?: string
  readonly Labels?: Readonly<Record<string, string>> | null
}

/**
 * Removes the containers that dead cookietin processes of this host left behind. Touches nothing that is unlabelled, that belongs to a
 * living process, or whose owner cannot be known dead: another host's, or one in a namespace that we cannot see into.
 */
export async function reapOrphans(
  room: Pick<Room, 'api' | 'liveness' | 'config'>,
  { dryRun, signal }: { readonly dryRun: boolean; readonly signal?: AbortSignal | undefined },
): Promise<readonly Orphan[]> {
  const orphans: Orphan[] = []
  for (const { Id: id, Names, State: state = '', Labels } of await list(room, signal)) {
    const owner = Labels?.[labelNames.owner]
    if (typeof id !== 'string' || owner === undefined || !isDead(owner, Labels?.[labelNames.host])) continue
    const orphan = { id, owner, state, name: Names?.[0]?.replace(/^\//, '') ?? id, removed: false }
    if (dryRun || signal?.aborted) {
      orphans.push(orphan)
      continue
    }
    try {
      await removeContainer(room, id, orphan.name, room.config.engineTimeout)
      orphans.push({ ...orphan, removed: true })
    } catch (error) {
      orphans.push(error instanceof CookietinError ? { ...orphan, error } : orphan)
    }
  }
  return orphans
}

const bootId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\//

/** Dead for certain: gone from this boot, or from a boot of this host that is over. */
function isDead(owner: string, host: string | undefined): boolean {
  const state = ownerState(owner)
  if (state === 'otherBoot') return bootId.test(owner) && host !== '-' && host === currentHost()
  return state === 'dead'
}

async function list({ api, config }: Pick<Room, 'api' | 'config'>, signal: AbortSignal | undefined): Promise<Listed[]> {
  const call: Call = {
    doing: 'list containers',
    method: 'GET',
    path: '/containers/json',
    query: { all: 'true', filters: JSON.stringify({ label: [labelNames.owner] }) },
    deadline: config.engineTimeout,
    signal,
  }
  const { body } = await api.request(call)
  return Array.isArray(body) ? (body as Listed[]) : []
}
