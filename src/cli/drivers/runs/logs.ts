import { replyOf } from '../../../engines/docker/connection/errors.ts'
import { containerPath } from '../../../engines/docker/connection/paths.ts'
import { AttachedOutput } from '../../../engines/docker/container/attached-output.ts'
import { inspectContainer } from '../../../engines/docker/container/inspect.ts'
import { launcherFolder } from '../../../engines/docker/launcher/options.ts'
import type { OutputSink } from '../../../engines/engine.ts'
import { CookietinError } from '../../../errors.ts'
import { onAbort } from '../../../utils/abort.ts'
import { isRecord } from '../../../utils/validation/issues.ts'
import { UsageError } from '../../usage-error.ts'
import type { DockerAccess } from '../docker-access.ts'
import type { FoundRun } from './list.ts'
import { withoutMarker } from './sinks.ts'

/** The names of the output streams. */
export type StreamName = 'stdout' | 'stderr'

/** What of a run's output is wanted. */
export interface LogOptions {
  readonly streams: readonly StreamName[]
  /** Goes on until the run has ended. */
  readonly follow: boolean
  /** The maximum number of kept lines. Undefined: all. */
  readonly tail: number | undefined
  /** Unix time in ms. Undefined: from the beginning. */
  readonly since: number | undefined
  readonly timestamps: boolean
  readonly signal: AbortSignal
}

/** Where the output goes. */
export interface LogSinks {
  /** What the engine has kept. It may be slow. */
  readonly kept: Readonly<Record<StreamName, OutputSink>>
  /** What the run writes now. It must take everything at once: a container waits for whoever is attached to it. */
  live(): Readonly<Record<StreamName, OutputSink>>
}

/**
 * Passes the output of a run on: what the engine keeps, else what comes from now on.
 *
 * @throws UsageError for a run of which nothing is kept and nothing comes.
 */
export async function followLogs(
  docker: DockerAccess,
  run: FoundRun,
  options: LogOptions,
  sinks: LogSinks,
): Promise<void> {
  const { driver, raw, hasLauncher } = await look(docker, run)
  const kept = driver === 'none' ? undefined : await openKept(docker, run, options)
  if (kept !== undefined) return await pass(docker, run, options, kept, { ...sinks.kept, raw })
  await checkLive(docker, run)
  const { api, config } = docker
  const stream = await api.upgrade({
    doing: `attach to container ${run.name}`,
    method: 'POST',
    path: containerPath(run.container, '/attach'),
    query: { stream: '1', ...wanted(options) },
    deadline: config.engineTimeout,
    signal: options.signal,
  })
  const live = sinks.live()
  const filtered = (name: StreamName) => (hasLauncher ? withoutMarker(live[name]) : live[name])
  await pass(docker, run, { ...options, follow: true }, stream, {
    stdout: filtered('stdout'),
    stderr: filtered('stderr'),
    raw,
  })
}

/** How a container's output is kept, and what is in it. */
async function look({ api, config }: DockerAccess, { container, name }: FoundRun) {
  const { body } = await api.request({
    doing: `inspect container ${name}`,
    method: 'GET',
    path: containerPath(container, '/json'),
    deadline: config.engineTimeout,
  })
  const own = isRecord(body) ? body : {}
  const { Config, HostConfig } = own
  const log = isRecord(HostConfig) && isRecord(HostConfig.LogConfig) ? HostConfig.LogConfig : {}
  const [program] = isRecord(Config) && Array.isArray(Config.Entrypoint) ? Config.Entrypoint : []
  return {
    driver: log.Type,
    raw: isRecord(Config) && Config.Tty === true,
    hasLauncher: String(program).startsWith(`${launcherFolder}/`),
  }
}

/** Undefined when the engine keeps nothing: not every log driver can be read. */
async function openKept({ api, config }: DockerAccess, run: FoundRun, options: LogOptions) {
  const { follow, tail, since, timestamps, signal } = options
  try {
    return await api.stream({
      doing: `read the output of container ${run.name}`,
      method: 'GET',
      path: containerPath(run.container, '/logs'),
      query: {
        ...wanted(options),
        ...(follow && { follow: '1' }),
        ...(tail !== undefined && { tail: String(tail) }),
        ...(since !== undefined && { since: (since / 1_000).toFixed(3) }),
        ...(timestamps && { timestamps: '1' }),
      },
      deadline: config.engineTimeout,
      signal,
    })
  } catch (error) {
    if (/does not support reading/.test(replyOf(error)?.said ?? '')) return undefined
    throw error
  }
}

const wanted = ({ streams }: LogOptions): Record<string, string> => Object.fromEntries(streams.map(name => [name, '1']))

async function checkLive({ api, config }: DockerAccess, { id, container }: FoundRun): Promise<void> {
  const state = await inspectContainer(api, container, config.engineTimeout)
  const why = (text: string) => new UsageError(`the engine keeps no output of run "${id}", and ${text}`)
  if (state?.paused) throw why('none comes while it is paused')
  if (state?.started === false) throw why('it was not started yet')
  if (state?.running !== true) throw why('it has ended')
}

async function pass(
  { api, config }: DockerAccess,
  { container, name }: FoundRun,
  { follow, signal }: LogOptions,
  stream: ConstructorParameters<typeof AttachedOutput>[0],
  targets: ConstructorParameters<typeof AttachedOutput>[1],
): Promise<void> {
  const output = new AttachedOutput(stream, targets)
  const release = onAbort(signal, () => output.destroy())
  await output.ended.finally(release)
  if (!follow || signal.aborted) return
  // An engine that dies ends the stream as cleanly as a container does.
  const state = await inspectContainer(api, container, config.engineTimeout)
  if (state?.running !== true) return
  throw new CookietinError('ERR_COOKIETIN_ENGINE_LOST', `The output of container ${name} was cut, and it runs on`)
}
