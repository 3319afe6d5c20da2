import type { ResolvedTask } from '../../../task/resolved-task.ts'
import { udsTarget } from '../../../task/task.ts'
import {
  type ContainerDefaults,
  type CreateOptions,
  type HostOptions,
  hasTmp,
  isAllowed,
  tmpfsOf,
  tmpfsOptions,
} from './create-options.ts'
import { withFileVolumes } from './file-volumes.ts'
import { hardened, isHardened } from './hardened.ts'

const cpuPeriod = 100_000

/**
 * Builds the create options of a task. Everything that the task does not ask for is denied.
 *
 * Every supported engine accepts these options. KernelMemory and MemorySwappiness are missing, since cgroup v2 rejects
 * them. Binds are missing, since they create missing host folders as root.
 */
export function createOptions(
  task: ResolvedTask,
  defaults: ContainerDefaults,
  labels: Record<string, string>,
): CreateOptions {
  const hasInput = task.input !== undefined
  const networkless = task.disableNet || (isHardened(task) && !isAllowed(defaults, 'hardened-network'))
  const options: CreateOptions = {
    Image: task.imageId ?? task.image,
    ...(task.command.length > 0 && { Cmd: [...task.command] }),
    ...(task.entrypoint !== undefined && { Entrypoint: task.entrypoint.length > 0 ? [...task.entrypoint] : [''] }),
    Env: Object.entries(task.env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...task.labels, ...labels },
    ...(task.workDir !== undefined && { WorkingDir: task.workDir }),
    ...(task.user !== undefined && { User: task.user }),
    ...(task.stopSignal !== undefined && { StopSignal: task.stopSignal }),
    ...hostnameOf(task, networkless ? undefined : defaults.hostname),
    Tty: false,
    AttachStdin: hasInput,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: hasInput,
    StdinOnce: hasInput,
    HostConfig: hostOptions(task, defaults, networkless),
  }
  return withFileVolumes(isHardened(task) ? hardened(options, task, defaults) : options, task)
}

function hostnameOf({ hostname }: ResolvedTask, otherwise: string | undefined): Pick<CreateOptions, 'Hostname'> {
  const name = hostname ?? otherwise
  return name === undefined ? {} : { Hostname: name }
}

function hostOptions(task: ResolvedTask, defaults: ContainerDefaults, networkless: boolean): HostOptions {
  const ulimits = Object.entries(task.ulimits)
  const binds = task.volumes.flatMap(({ source, target, readOnly, relabel }) =>
    relabel === undefined ? [] : [`${source}:${target}:${readOnly ? 'ro' : 'rw'},${relabel}`],
  )
  const hosts = Object.entries(task.extraHosts)
  const runtime = task.runtime ?? defaults.runtime
  const mounts = mountsOf(task)
  const needsTmp = (task.tmpFsSize > 0 || defaults.enableReadonlyRootfs) && !hasTmp(task)
  return {
    Init: task.init ?? defaults.enableTini,
    CapDrop: isAllowed(defaults, 'capabilities') ? [...task.capDrop] : ['ALL'],
    ...(task.capAdd.length > 0 && { CapAdd: [...task.capAdd] }),
    SecurityOpt: isAllowed(defaults, 'new-privileges') ? [] : ['no-new-privileges:true'],
    PidsLimit: task.pids || defaults.pids,
    // MemorySwap includes the memory: the same number means no swap.
    ...(task.memory > 0 && { Memory: task.memory }),
    ...(task.memory > 0 && !isAllowed(defaults, 'swap') && { MemorySwap: task.memory }),
    ...(task.cpus > 0 && { CpuQuota: (task.cpus * cpuPeriod) / 1000, CpuPeriod: cpuPeriod }),
    ReadonlyRootfs: defaults.enableReadonlyRootfs,
    ...((needsTmp || task.tmpfs.length > 0) && {
      Tmpfs: {
        ...(needsTmp && { '/tmp': tmpfsOptions(task.tmpFsSize, defaults.maxTmpfsInodes) }),
        ...tmpfsOf(task),
      },
    }),
    ...(task.fsSize > 0 && { StorageOpt: { size: `${task.fsSize}M` } }),
    ...(ulimits.length > 0 && { Ulimits: ulimits.map(([Name, { soft: Soft, hard: Hard }]) => ({ Name, Soft, Hard })) }),
    ...(mounts.length > 0 && { Mounts: mounts }),
    ...(binds.length > 0 && { Binds: binds }),
    ...(task.shmSize > 0 && { ShmSize: task.shmSize }),
    ...(hosts.length > 0 && { ExtraHosts: hosts.map(([name, address]) => `${name}:${address}`) }),
    ...(task.dns.length > 0 && { Dns: [...task.dns] }),
    ...(task.network !== undefined && { NetworkMode: task.network }),
    ...(task.network === undefined && networkless && { NetworkMode: 'none' }),
    ...logConfig(task, defaults),
    ...(runtime !== undefined && { Runtime: runtime }),
    RestartPolicy: { Name: 'no' },
  }
}

function mountsOf(task: ResolvedTask): NonNullable<HostOptions['Mounts']> {
  const plain = task.volumes.filter(({ relabel }) => relabel === undefined)
  const mounts: NonNullable<HostOptions['Mounts']> = plain.map(({ source, target, readOnly }) => ({
    Type: 'bind' as const,
    Source: source,
    Target: target,
    ReadOnly: readOnly,
  }))
  for (const { volume, target, readOnly } of task.namedVolumes) {
    mounts.push({ Type: 'volume', Source: volume, Target: target, ReadOnly: readOnly })
  }
  if (task.udsPath !== undefined) {
    mounts.push({ Type: 'bind', Source: task.udsPath, Target: udsTarget, ReadOnly: false })
  }
  return mounts
}

function logConfig({ loggerConfig }: ResolvedTask, defaults: ContainerDefaults): Pick<HostOptions, 'LogConfig'> {
  if (loggerConfig === undefined) {
    return isAllowed(defaults, 'log-files') ? {} : { LogConfig: { Type: 'none', Config: {} } }
  }
  const tag = loggerConfig.tags.map(([name, value]) => `${name}=${value}`).join(',')
  return {
    LogConfig: {
      Type: 'syslog',
      Config: {
        'syslog-address': loggerConfig.url,
        'syslog-facility': 'user',
        'syslog-format': 'rfc5424',
        ...(tag !== '' && { tag }),
      },
    },
  }
}
