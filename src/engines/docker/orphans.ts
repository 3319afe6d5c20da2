import { CookietinError } from '../../errors.ts'
import { ownerState } from '../../utils/owner.ts'
import type { Call } from './connection/api.ts'
import { removeContainer } from './container/remove.ts'
import { currentHost, labelNames } from './create-options/identity.ts'
import type { EngineContext } from './engine-context.ts'

/** A container whose owner, a cookietin process of this host, is dead. */
export interface Orphan {
  readonly name: string
  readonly id: string
  /** The owner's token. */
  readonly owner: string
  /** As the engine reports it: `'running'`, `'exited'`, … */
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

/** How orphans are reaped. */
export interface ReapOptions {
  /** Only lists the orphans. */
  readonly dryRun: boolean
  /** Once aborted, the remaining orphans are only listed. */
  readonly signal: AbortSignal | undefined
}

/**
 * Removes the containers that dead cookietin processes of this host left behind. A container is kept when it has no
 * label, when its owner is alive, and when its owner's death is uncertain: an owner on another host or in a PID
 * namespace that is not visible from here.
 */
export async function reapOrphans(
  context: Pick<EngineContext, 'api' | 'liveness' | 'config'>,
  { dryRun, signal }: ReapOptions,
): Promise<readonly Orphan[]> {
  const orphans: Orphan[] = []
  for (const { Id: id, Names, State: state = '', Labels } of await list(context, signal)) {
    const owner = Labels?.[labelNames.owner]
    if (typeof id !== 'string' || owner === undefined || !isDead(owner, Labels?.[labelNames.host])) continue
    const orphan = { id, owner, state, name: Names?.[0]?.replace(/^\//, '') ?? id, removed: false }
    if (dryRun || signal?.aborted) {
      orphans.push(orphan)
      continue
    }
    try {
      await removeContainer(context, { id, name: orphan.name, budget: context.config.engineTimeout })
      orphans.push({ ...orphan, removed: true })
    } catch (error) {
      orphans.push(error instanceof CookietinError ? { ...orphan, error } : orphan)
    }
  }
  return orphans
}

const bootId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\//

/** True when the owner is certainly dead: a process of this boot that is gone, or of an earlier boot of this host. */
function isDead(owner: string, host: string | undefined): boolean {
  const state = ownerState(owner)
  if (state === 'otherBoot') return bootId.test(owner) && host !== '-' && host === currentHost()
  return state === 'dead'
}

async function list(
  { api, config }: Pick<EngineContext, 'api' | 'config'>,
  signal: AbortSignal | undefined,
): Promise<Listed[]> {
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
