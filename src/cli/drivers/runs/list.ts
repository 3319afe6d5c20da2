import { containerPath } from '../../../engines/docker/connection/paths.ts'
import { currentHost, type HeldKind, labelNames } from '../../../engines/docker/create-options/identity.ts'
import { ownerState } from '../../../utils/owner.ts'
import { isRecord } from '../../../utils/validation/issues.ts'
import type { DockerAccess } from '../docker-access.ts'
import { inParallel } from './in-parallel.ts'

/** A container of any cookietin process of this machine. */
export interface ListedRun {
  readonly id: string
  readonly image: string
  /** `'spare'`: it waits for its run. `'namespace'`: it lends its network to runs. */
  readonly kind: 'run' | HeldKind
  /** As the engine reports it: `'running'`, `'paused'`, `'exited'`, … */
  readonly state: string
  /** The process that made it. Undefined when that cannot be seen from here. */
  readonly pid: number | undefined
  /** True unless that process is known to be dead. */
  readonly owned: boolean
  readonly container: string
  /** The container's name. */
  readonly name: string
  /** When it was created, in Unix time (ms), to the second. */
  readonly created: number
  /** Its labels, but for cookietin's own. */
  readonly labels: Readonly<Record<string, string>>
}

/** A run whose container may be frozen by its control group's file. */
export interface FoundRun extends ListedRun {
  readonly mayBeFrozen: boolean
}

/** So many containers are looked at at once. */
const looksAtOnce = 8

/** Lists the containers by their labels, the newest first. */
export async function listRuns(docker: DockerAccess, signal: AbortSignal): Promise<readonly FoundRun[]> {
  const label = [labelNames.id, labelNames.owner, `${labelNames.host}=${currentHost()}`]
  const { body } = await docker.api.request({
    doing: 'list containers',
    method: 'GET',
    path: '/containers/json',
    query: { all: 'true', filters: JSON.stringify({ label }) },
    deadline: docker.config.engineTimeout,
    signal,
  })
  const listed = Array.isArray(body) ? body.map(runOf).filter(run => run !== undefined) : []
  const runs = await inParallel(listed, looksAtOnce, run => withKind(docker, run, signal))
  return runs.sort((a, b) => b.created - a.created)
}

/** What is printed of a run as JSON. */
export function runJson({ mayBeFrozen: _, ...run }: FoundRun): ListedRun {
  return run
}

/** A label cannot be changed: a spare container that has got its run is known by the processes in it. */
async function withKind({ api, config }: DockerAccess, run: FoundRun, signal: AbortSignal): Promise<FoundRun> {
  if (run.kind !== 'spare' || run.state !== 'running') return run
  const { body } = await api
    .request({
      doing: `look into container ${run.name}`,
      method: 'GET',
      path: containerPath(run.container, '/top'),
      deadline: config.engineTimeout,
      signal,
    })
    .catch(() => ({ body: undefined }))
  const processes = isRecord(body) && Array.isArray(body.Processes) ? body.Processes.length : 0
  // The launcher is alone while it waits.
  return processes > 1 ? { ...run, kind: 'run' } : run
}

function runOf(listed: unknown): FoundRun | undefined {
  if (!isRecord(listed) || !isRecord(listed.Labels)) return undefined
  const { Id: container, Image: image, State: state, Created: created, Names: names } = listed
  const labels = listed.Labels as Readonly<Record<string, string>>
  const id = labels[labelNames.id]
  const owner = labels[labelNames.owner]
  if (typeof container !== 'string' || id === undefined || owner === undefined) return undefined
  const known = ownerState(owner)
  const isSeen = known === 'alive' || known === 'dead'
  const held = labels[labelNames.held]
  const [name] = Array.isArray(names) ? names : []
  return {
    id,
    image: typeof image === 'string' ? image : '',
    kind: held === 'spare' || held === 'namespace' ? held : 'run',
    state: typeof state === 'string' ? state : 'unknown',
    pid: isSeen ? Number(owner.split('/')[1]) : undefined,
    owned: known !== 'dead',
    container,
    name: typeof name === 'string' ? name.replace(/^\//, '') : container,
    created: typeof created === 'number' ? 1_000 * created : 0,
    labels: Object.fromEntries(Object.entries(labels).filter(([label]) => !label.startsWith('cookietin.'))),
    mayBeFrozen: labels[labelNames.freezer] !== undefined,
  }
}
