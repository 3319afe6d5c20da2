import { resolveDockerConfig } from '../../engines/docker/config/config.ts'
import { connect } from '../../engines/docker/connection/connect.ts'
import { currentHost, labelNames } from '../../engines/docker/create-options/identity.ts'
import { ownerState } from '../../utils/owner.ts'
import { isRecord } from '../../utils/validation/issues.ts'

/** A container of a run, of any cookietin process of this machine. */
export interface ListedRun {
  readonly id: string
  readonly image: string
  /** As the engine reports it: `'running'`, `'paused'`, `'exited'`, … */
  readonly state: string
  /** The process that made it. Undefined when that cannot be seen from here. */
  readonly pid: number | undefined
  /** True unless that process is known to be dead. */
  readonly owned: boolean
  readonly container: string
  /** When it was created, in Unix time (ms), to the second. */
  readonly created: number
}

/** Lists the containers of runs by their labels, the newest first. */
export async function listRuns(signal: AbortSignal): Promise<readonly ListedRun[]> {
  const config = resolveDockerConfig({}, process.env)
  const { api, close } = await connect(config, process.env)
  try {
    const label = [labelNames.id, labelNames.owner, `${labelNames.host}=${currentHost()}`]
    const { body } = await api.request({
      doing: 'list containers',
      method: 'GET',
      path: '/containers/json',
      query: { all: 'true', filters: JSON.stringify({ label }) },
      deadline: config.engineTimeout,
      signal,
    })
    const runs = Array.isArray(body) ? body.map(runOf).filter(run => run !== undefined) : []
    return runs.sort((a, b) => b.created - a.created)
  } finally {
    await close()
  }
}

function runOf(listed: unknown): ListedRun | undefined {
  if (!isRecord(listed) || !isRecord(listed.Labels)) return undefined
  const { Id: container, Image: image, State: state, Created: created, Labels: labels } = listed
  const id = labels[labelNames.id]
  const owner = labels[labelNames.owner]
  if (typeof container !== 'string' || typeof id !== 'string' || typeof owner !== 'string') return undefined
  const known = ownerState(owner)
  const isSeen = known === 'alive' || known === 'dead'
  return {
    id,
    image: typeof image === 'string' ? image : '',
    state: typeof state === 'string' ? state : 'unknown',
    pid: isSeen ? Number(owner.split('/')[1]) : undefined,
    owned: known !== 'dead',
    container,
    created: typeof created === 'number' ? 1_000 * created : 0,
  }
}
