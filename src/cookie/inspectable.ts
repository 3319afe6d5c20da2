import type { ResolvedTask } from '../task/resolved-task.ts'
import type { Inspectable, TaskFacts } from '../utils/actors/inspectable.ts'
import type { Cookie } from './cookie.ts'

/** What an inspector may show of a cookie besides its own members. */
interface InspectedCookie extends Cookie {
  /** The container's name on its engine. */
  readonly containerName: string
  /** Its id there, once it is created. */
  readonly containerId: string | undefined
  /** Which image it was made of, once that is known. */
  readonly imageDigest: string | undefined
  readonly watchOutput: NonNullable<Inspectable['watchOutput']>
}

/** What an inspector may show of a cookie, with the values that it must mask. */
export function shownOf({ task, stats$, containerName }: InspectedCookie): Inspectable {
  return {
    image: task.image,
    command: task.command,
    labels: task.labels,
    task: factsOf(task, containerName),
    secrets: shownSecrets(task),
    stats$,
  }
}

/** What only the maker of a cookie knows of it. */
export interface Belongings {
  /** Runs the task again, and returns the id of the new run. */
  readonly again?: (() => string) | undefined
  /** The actor of the run of which this is an attempt. */
  readonly owner?: object | undefined
}

/** The same, with the output, and the actions that an inspector may take. */
export const inspectableCookie = (cookie: InspectedCookie, { again, owner }: Belongings): Inspectable => ({
  ...shownOf(cookie),
  containerId: () => cookie.containerId,
  imageDigest: () => cookie.imageDigest,
  watchOutput: onChunk => cookie.watchOutput(onChunk),
  freeze: () => cookie.freeze(),
  unfreeze: () => cookie.unfreeze(),
  cancel: reason => cookie.cancel(reason),
  ...(again !== undefined && { again }),
  ...(owner !== undefined && { owner }),
})

/** What runs, by name. Only texts and numbers of the task are referred to: neither its environment nor its input. */
export function factsOf(task: ResolvedTask, container?: string): TaskFacts {
  const { image, platform, entrypoint, command, workDir, user, profile, runtime, labels } = task
  const { memory, cpus, pids, fsSize, tmpFsSize, shmSize, gpus, ulimits, timeout, stopSignal, stopGrace } = task
  const { volumes, namedVolumes, tmpfs, artifacts, network, disableNet, hostname, dns, extraHosts, capAdd, capDrop } =
    task
  const limits = { memory, cpus, pids, fsSize, tmpFsSize, shmSize, gpus, ulimits, timeout, stopGrace }
  const mounts = { volumes, namedVolumes, tmpfs }
  const net = { network: disableNet ? 'none' : network, hostname, dns, extraHosts }
  const files = task.files.map(({ path }) => path)
  const names = { container, image, platform, entrypoint, command, workDir, user, profile, runtime, labels }
  return { ...names, limits, mounts, ...net, capAdd, capDrop, stopSignal, files, artifacts }
}

/** More than errors mask: a page shows a task to others. */
export function shownSecrets({ env, extensions, secrets }: ResolvedTask): readonly string[] {
  return [...secrets, ...Object.values(env), ...Object.values(extensions)].filter(secret => secret !== '')
}
