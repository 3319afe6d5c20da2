import type { Api } from '../connection/api.ts'
import { protocolError, replyOf } from '../connection/errors.ts'
import { containerPath } from '../connection/paths.ts'

/** What the engine says of a container's life. */
export interface ContainerState {
  readonly id: string
  readonly status: string
  readonly running: boolean
  readonly paused: boolean
  /** False until the engine has started it once. */
  readonly started: boolean
  readonly exitCode: number
  readonly oomKilled: boolean
  readonly message: string
  readonly labels: Readonly<Record<string, string>>
}

/** The part of the engine's answer that we read. */
interface Inspected {
  readonly Id?: unknown
  readonly State?: {
    readonly Status?: string
    readonly Running?: boolean
    readonly Paused?: boolean
    readonly ExitCode?: number
    readonly OOMKilled?: boolean
    readonly Error?: string
    readonly StartedAt?: string
  }
  readonly Config?: { readonly Labels?: Record<string, string> | null }
}

/** What the engine knows of a container; undefined when it knows no such container. */
export async function inspectContainer(
  api: Api,
  idOrName: string,
  deadline: number,
): Promise<ContainerState | undefined> {
  const doing = `inspect container ${idOrName}`
  try {
    const { body } = await api.request({ doing, method: 'GET', path: containerPath(idOrName, '/json'), deadline })
    return stateOf(body as Inspected | undefined, doing)
  } catch (error) {
    if (replyOf(error)?.status === 404) return undefined
    throw error
  }
}

function stateOf(body: Inspected | undefined, doing: string): ContainerState {
  if (typeof body?.Id !== 'string' || body.State === undefined)
    throw protocolError(doing, 'its reply describes no container')
  const { Id, State, Config } = body
  return {
    id: Id,
    status: State.Status ?? '',
    running: State.Running === true,
    paused: State.Paused === true,
    started: State.StartedAt !== undefined && !State.StartedAt.startsWith('0001-'),
    exitCode: State.ExitCode ?? 0,
    oomKilled: State.OOMKilled === true,
    message: State.Error ?? '',
    labels: Config?.Labels ?? {},
  }
}
