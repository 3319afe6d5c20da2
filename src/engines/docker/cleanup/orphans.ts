import { CookietinError } from '../../../errors.ts'
import { ownerState } from '../../../utils/owner.ts'
import type { Call } from '../connection/api.ts'
import { killGroup } from '../container/control/freezer-source.ts'
import { findPid, inspectContainer } from '../container/inspect.ts'
import { removeContainer } from '../container/remove.ts'
import { currentHost, labelNames } from '../create-options/identity.ts'
import type { EngineContext } from '../engine-context.ts'

/** A container whose owner, a cookietin process of this host, is dead, or whose deadline has passed. */
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
  /** Unix time in seconds. */
  readonly Created?: number
  readonly Labels?: Readonly<Record<string, string>> | null
}

/** How orphans are reaped. */
export interface ReapOptions {
  /** Only lists the orphans. */
  readonly dryRun: boolean
  /** Only those of this owner. */
  readonly owner?: string | undefined
  /** Once aborted, the remaining orphans are only listed. */
  readonly signal: AbortSignal | undefined
}

/**
 * Removes the containers that dead cookietin processes of this host left behind. A container is kept when it has no
 * label, when its owner is alive, and when its owner's death is uncertain: an owner on another host or in a PID
 * namespace that is not visible from here. But one whose deadline has passed is removed, whoever owns it.
 */
export async function reapOrphans(
  context: Pick<EngineContext, 'api' | 'liveness' | 'config'>,
  { dryRun, signal, owner: wanted }: ReapOptions,
): Promise<readonly Orphan[]> {
  const orphans: Orphan[] = []
  for (const container of await list(context, signal)) {
    const { Id: id, Names, State: state = '', Labels } = container
    const owner = Labels?.[labelNames.owner]
    if (typeof id !== 'string' || owner === undefined || owner !== (wanted ?? owner)) continue
    if (!isDead(owner, Labels?.[labelNames.host]) && !(await isOverdue(context, container))) continue
    const orphan = { id, owner, state, name: Names?.[0]?.replace(/^\//, '') ?? id, removed: false }
    if (dryRun || signal?.aborted) {
      orphans.push(orphan)
      continue
    }
    try {
      if (Labels?.[labelNames.freezer] !== undefined) {
        await killGroup(id, () => findPid(context.api, id, context.config.engineTimeout))
      }
      await removeContainer(context, { id, name: orphan.name, budget: context.config.engineTimeout })
      orphans.push({ ...orphan, removed: true })
    } catch (error) {
      orphans.push(error instanceof CookietinError ? { ...orphan, error } : orphan)
    }
  }
  return orphans
}

/**
 * True when a run has had all of its time. Its deadline counts from its creation. One that was started later, as after a long wait in
 * `prepared`, gets as much more.
 */
async function isOverdue(
  { api, config }: Pick<EngineContext, 'api' | 'config'>,
  { Id: id, Created: created, Labels }: Listed,
): Promise<boolean> {
  const text = Labels?.[labelNames.deadline] ?? ''
  const deadline = /^\d+$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY
  if (Date.now() <= deadline) return false
  const owner = Labels?.[labelNames.owner]
  const state = await inspectContainer(api, String(id), config.engineTimeout).catch(() => undefined)
  if (state === undefined) return false
  // Its clock has not begun, and its owner is there to start it.
  if (!state.started) return owner === undefined || ownerState(owner) !== 'alive'
  const late = Math.max(0, (state.startedAt ?? 0) - 1_000 * ((created ?? 0) + 1))
  return Date.now() > deadline + late
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
