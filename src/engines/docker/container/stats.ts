import type { Observable } from 'rxjs'
import type { Stat } from '../../../stats/stat.ts'
import { containerPath } from '../connection/paths.ts'
import type { Room } from '../engine-context.ts'
import { samples$ } from '../sampling/engine-samples.ts'

/** One container to sample. */
export interface Sampled {
  readonly name: string
  /** Undefined before it is created. */
  id(): string | undefined
  /** Settles when it runs, or will not. */
  readonly started: Promise<void>
  /** Settles at its end. */
  readonly ended: Promise<unknown>
  /** Settles when its output has ended; undefined before it is attached. */
  silent(): Promise<unknown> | undefined
}

/** The samples of a container, from the engine or, where the config asks for that, from the control groups. */
export function statsOf(room: Room, { name, id, started, ended, silent }: Sampled): Observable<Stat> {
  const { api, config, cgroups } = room
  const path = (action: string) => containerPath(id() ?? name, action)
  const deadline = config.engineTimeout
  const fromEngine = samples$({
    open: signal =>
      api.stream({
        doing: `sample container ${name}`,
        method: 'GET',
        path: path('/stats'),
        query: { stream: 'true' },
        deadline,
        signal,
      }),
    started,
    ended,
  })
  if (cgroups === undefined) return fromEngine
  const askPid = async () => {
    const { body } = await api.request({ doing: `find ${name}`, method: 'GET', path: path('/json'), deadline })
    const pid = (body as { State?: { Pid?: unknown } } | undefined)?.State?.Pid
    return typeof pid === 'number' && pid > 0 ? pid : undefined
  }
  return cgroups.samples$({ id: () => id() ?? name, askPid, started, silent, ended, otherwise: fromEngine })
}
