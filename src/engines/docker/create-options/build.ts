import type { ResolvedTask } from '../../../task/task.ts'
import { udsTarget } from '../../../task/task.ts'
import {
  type ContainerDefaults,
  type CreateOptions,
  type HostOptions,
  isAllowed,
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
    Env: Object.entries(task.env).map(([name, value]) => `${name}=${value}`),
    Labels: labels,
    ...(task.workDir !== undefined && { WorkingDir: task.workDir }),
    ...(task.user !== undefined && { User: task.user }),
    ...(!networkless && defaults.hostname !== undefined && { Hostname: defaults.hostname }),
    ...(task.stopSignal !== undefined && { StopSignal: task.stopSignal }),
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

function hostOptions(task: ResolvedTask, defaults: ContainerDefaults, networkless: boolean): HostOptions {
  const ulimits = Object.entries(task.ulimits)
  const mounts = mountsOf(task)
  const needsTmp = task.tmpFsSize > 0 || defaults.enableReadonlyRootfs
  return {
    Init: defaults.enableTini,
    CapDrop: isAllowed(defaults, 'capabilities') ? [] : ['ALL'],
    SecurityOpt: isAllowed(defaults, 'new-privileges') ? [] : ['no-new-privileges:true'],
    PidsLimit: task.pids || defaults.pids,
    // MemorySwap includes the memory: the same number means no swap.
    ...(task.memory > 0 && { Memory: task.memory }),
    ...(task.memory > 0 && !isAllowed(defaults, 'swap') && { MemorySwap: task.memory }),
    ...(task.cpus > 0 && { CpuQuota: (task.cpus * cpuPeriod) / 1000, CpuPeriod: cpuPeriod }),
    ReadonlyRootfs: defaults.enableReadonlyRootfs,
    ...(needsTmp && { Tmpfs: { '/tmp': tmpfsOptions(task.tmpFsSize, defaults.maxTmpfsInodes) } }),
    ...(task.fsSize > 0 && { StorageOpt: { size: `${task.fsSize}M` } }),
    ...(ulimits.length > 0 && { Ulimits: ulimits.map(([Name, limit]) => ({ Name, Soft: limit, Hard: limit })) }),
    ...(mounts.length > 0 && { Mounts: mounts }),
    ...(networkless && { NetworkMode: 'none' }),
    ...logConfig(task, defaults),
    ...(defaults.runtime !== undefined && { Runtime: defaults.runtime }),
    RestartPolicy: { Name: 'no' },
  }
}

function mountsOf(task: ResolvedTask): NonNullable<HostOptions['Mounts']> {
  const mounts: NonNullable<HostOptions['Mounts']> = task.volumes.map(({ source, target, readOnly }) => ({
    Type: 'bind',
    Source: source,
    Target: target,
    ReadOnly: readOnly,
  }))
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
