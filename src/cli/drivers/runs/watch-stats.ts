import { engineStats } from '../../../engines/docker/container/stats.ts'
import type { Stat } from '../../../stats/stat.ts'
import { onAbort } from '../../../utils/abort.ts'
import { type Deferred, deferred } from '../../../utils/deferred.ts'
import { settles } from '../../../utils/timing.ts'
import type { DockerAccess } from '../docker-access.ts'
import type { FoundRun } from './list.ts'

/** A run and its latest sample. */
export interface SampledRun {
  readonly run: FoundRun
  /** Undefined before the first sample. */
  readonly stat: Stat | undefined
}

interface Watched {
  readonly run: FoundRun
  readonly end: Deferred<void>
  stat: Stat | undefined
}

/** True for a run that can be sampled. */
export const isUnderWay = ({ state }: FoundRun): boolean => state === 'running' || state === 'paused'

/** Samples of runs that come and go. */
export class StatsWatch {
  readonly #docker: DockerAccess
  readonly #onStat: (run: FoundRun, stat: Stat) => void
  readonly #watched = new Map<string, Watched>()

  constructor(docker: DockerAccess, onStat: (run: FoundRun, stat: Stat) => void) {
    this.#docker = docker
    this.#onStat = onStat
  }

  /** The runs in the order of {@link follow}. */
  get runs(): readonly SampledRun[] {
    return [...this.#watched.values()]
  }

  /** Samples these runs from now on, and no others. */
  follow(runs: readonly FoundRun[]): void {
    const before = new Map(this.#watched)
    this.#watched.clear()
    for (const run of runs) {
      this.#watched.set(run.container, before.get(run.container) ?? this.#start(run))
      before.delete(run.container)
    }
    for (const { end } of before.values()) end.resolve()
  }

  #start(run: FoundRun): Watched {
    const watched: Watched = { run, end: deferred<void>(), stat: undefined }
    samplesOf(this.#docker, run, watched.end.promise).subscribe(stat => {
      watched.stat = stat
      this.#onStat(run, stat)
    })
    return watched
  }
}

/** One sample of a run, with the CPU time since the one before. */
export async function oneSample(docker: DockerAccess, run: FoundRun, signal: AbortSignal): Promise<SampledRun> {
  const end = deferred<void>()
  let stat: Stat | undefined
  let release = () => {}
  const samples = samplesOf(docker, run, end.promise)
  const sampled = new Promise<void>(resolve => {
    release = onAbort(signal, resolve)
    samples.subscribe(sample => {
      stat = sample
      if (sample.metrics.cpu_total !== undefined) resolve()
    })
  })
  await settles(sampled, docker.config.engineTimeout)
  release()
  end.resolve()
  return { run, stat }
}

const samplesOf = (docker: DockerAccess, { name, container }: FoundRun, ended: Promise<void>) =>
  engineStats(docker, { name, idOrName: () => container, started: Promise.resolve(), ended })
