import { isRecord } from '../../../utils/validation/issues.ts'
import type { Api } from '../connection/api.ts'
import { protocolError, replyOf } from '../connection/errors.ts'
import { containerPath } from '../connection/paths.ts'

/** One container, by its id and its name. */
export interface ContainerRef {
  readonly id: string
  readonly name: string
}

/** A container's state, as the engine reports it. */
export interface ContainerState {
  readonly id: string
  /** The id of the image that it was made of. Empty where the engine does not tell. */
  readonly imageId: string
  readonly status: string
  readonly running: boolean
  readonly paused: boolean
  /** False until the engine has started it once. */
  readonly started: boolean
  /** When it was started and when it ended for the last time, in Unix time (ms) by the engine's clock. */
  readonly startedAt: number | undefined
  readonly finishedAt: number | undefined
  /** How often a restart policy has started it again. */
  readonly restarts: number
  readonly exitCode: number
  readonly oomKilled: boolean
  readonly message: string
  readonly labels: Readonly<Record<string, string>>
  /** The signal that asks it to end, as the engine writes it: a name or a number. */
  readonly stopSignal: string | undefined
  /** The user of its processes: that of the create options, else the image's. */
  readonly user: string
}

/** The fields of the engine's reply that are read. */
interface InspectBody {
  readonly Id?: unknown
  readonly Image?: unknown
  readonly State?: {
    readonly Status?: string
    readonly Running?: boolean
    readonly Paused?: boolean
    readonly ExitCode?: number
    readonly OOMKilled?: boolean
    readonly Error?: string
    readonly StartedAt?: string
    readonly FinishedAt?: string
  }
  readonly RestartCount?: number
  readonly Config?: {
    readonly Labels?: Record<string, string> | null
    readonly User?: string
    readonly StopSignal?: string | number
  }
}

/** Inspects a container. Resolves with undefined when the engine does not know it. */
export async function inspectContainer(
  api: Api,
  idOrName: string,
  deadline: number,
): Promise<ContainerState | undefined> {
  const doing = `inspect container ${idOrName}`
  try {
    const { body } = await api.request({ doing, method: 'GET', path: containerPath(idOrName, '/json'), deadline })
    return stateOf(body as InspectBody | undefined, doing)
  } catch (error) {
    if (replyOf(error)?.status === 404) return undefined
    throw error
  }
}

function stateOf(body: InspectBody | undefined, doing: string): ContainerState {
  if (typeof body?.Id !== 'string' || !isRecord(body.State))
    throw protocolError(doing, 'its reply does not describe a container')
  const { Id, Image, State, Config, RestartCount } = body
  return {
    id: Id,
    imageId: typeof Image === 'string' ? Image : '',
    status: State.Status ?? '',
    running: State.Running === true,
    paused: State.Paused === true,
    started: State.StartedAt !== undefined && !State.StartedAt.startsWith('0001-'),
    startedAt: timeOf(State.StartedAt),
    finishedAt: timeOf(State.FinishedAt),
    restarts: RestartCount ?? 0,
    exitCode: State.ExitCode ?? 0,
    oomKilled: State.OOMKilled === true,
    message: State.Error ?? '',
    labels: Config?.Labels ?? {},
    stopSignal: Config?.StopSignal === undefined ? undefined : String(Config.StopSignal),
    user: Config?.User ?? '',
  }
}

/** The engine reports the year 1 for what has not happened yet. */
function timeOf(text = ''): number | undefined {
  const time = Date.parse(text)
  return time > 0 ? time : undefined
}

/** The id of a container's main process on the engine's machine. Resolves with undefined when none runs. */
export async function findPid(api: Api, idOrName: string, deadline: number): Promise<number | undefined> {
  const path = containerPath(idOrName, '/json')
  const { body } = await api.request({ doing: `find ${idOrName}`, method: 'GET', path, deadline })
  const pid = (body as { State?: { Pid?: unknown } } | undefined)?.State?.Pid
  return typeof pid === 'number' && pid > 0 ? pid : undefined
}
