import type { Observable } from 'rxjs'
import type { Usage } from '../../../../machines/types/cookie.ts'
import type { Stat } from '../../../stats/stat.ts'
import { containerPath } from '../connection/paths.ts'
import type { EngineContext } from '../engine-context.ts'
import { samples$ } from '../sampling/engine-samples.ts'
import { findPid } from './inspect.ts'

/** One container to sample. */
export interface SampledContainer {
  readonly name: string
  /** Returns undefined before the container is created. */
  id(): string | undefined
  /** Resolves when the container runs; rejects when it never will. */
  readonly started: Promise<void>
  /** Settles when the container has ended. */
  readonly ended: Promise<unknown>
  /** Settles when the container's output has ended. Returns undefined before it is attached. */
  outputEnded(): Promise<unknown> | undefined
  /** Called with what it has used so far, as often as that is known exactly. */
  onUsage(usage: Usage): void
}

/**
 * The samples of a container. The config's `sampler` decides whether they come from the engine or its control groups.
 */
export function statsOf({ api, config, cgroups }: EngineContext, container: SampledContainer): Observable<Stat> {
  const { name, started, ended } = container
  const idOrName = () => container.id() ?? name
  const deadline = config.engineTimeout
  const fromEngine = engineStats({ api, config }, { name, idOrName, started, ended })
  if (cgroups === undefined) return fromEngine
  return cgroups.samples$({
    id: idOrName,
    findPid: () => findPid(api, idOrName(), deadline),
    started,
    ended,
    outputEnded: () => container.outputEnded(),
    onCounters: ({ cpuTotal, memoryPeak }) =>
      container.onUsage({ cpuMs: cpuTotal / 1e6, ...(memoryPeak !== undefined && { memoryPeak }) }),
    fallback: fromEngine,
  })
}

/** The engine's own samples of a container. */
export function engineStats(
  { api, config }: Pick<EngineContext, 'api' | 'config'>,
  {
    name,
    idOrName,
    ...times
  }: Pick<SampledContainer, 'name' | 'started' | 'ended'> & { readonly idOrName: () => string },
): Observable<Stat> {
  const open = (signal: AbortSignal) =>
    api.stream({
      doing: `sample container ${name}`,
      method: 'GET',
      path: containerPath(idOrName(), '/stats'),
      query: { stream: 'true' },
      deadline: config.engineTimeout,
      signal,
    })
  return samples$({ open, ...times })
}
