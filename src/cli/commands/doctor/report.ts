import { formatMemory } from '../../output/format.ts'

/** The fields of an engine's `/info` that are used here. Any of them may be missing. */
export interface EngineInfo {
  readonly ServerVersion?: string
  readonly OperatingSystem?: string
  readonly KernelVersion?: string
  readonly Architecture?: string
  readonly CgroupVersion?: string
  readonly CgroupDriver?: string
  readonly Driver?: string
  readonly DriverStatus?: readonly (readonly string[])[] | null
  readonly DefaultRuntime?: string
  readonly Runtimes?: Readonly<Record<string, unknown>> | null
  readonly SecurityOptions?: readonly string[] | null
  readonly InitBinary?: string
  readonly MemoryLimit?: boolean
  readonly SwapLimit?: boolean
  readonly CpuCfsQuota?: boolean
  readonly PidsLimit?: boolean
  readonly NCPU?: number
  readonly MemTotal?: number
  readonly Warnings?: readonly string[] | null
}

/** A feature that tasks use, and whether it works on an engine. */
export interface Ability {
  readonly name: string
  readonly works: boolean
  /** How to make it work. */
  readonly advice?: string
}

/** Lists the features of an engine, with advice for those that do not work. */
export function abilitiesOf(info: EngineInfo): Ability[] {
  const rootless = hasSecurityOption(info, 'rootless')
  const delegation = rootless
    ? 'a rootless engine needs cgroup v2 with the controllers delegated to your user'
    : 'the kernel or its boot options keep this cgroup controller off'
  const ability = (name: string, works: boolean | undefined, advice: string): Ability =>
    works === true ? { name, works } : { name, works: false, advice }
  return [
    ability('memory', info.MemoryLimit, `memory limits are not enforced: ${delegation}`),
    ability(
      'swap',
      info.SwapLimit,
      'a task may swap beyond its memory limit: boot the kernel with swapaccount=1, or turn swap off',
    ),
    ability('cpus', info.CpuCfsQuota, `CPU limits are not enforced: ${delegation}`),
    ability('pids', info.PidsLimit, `limits on processes are not enforced: ${delegation}`),
    ability('fsSize', limitsDisks(info), 'fsSize needs overlay2 on xfs with pquota, or btrfs or zfs: use tmpFsSize'),
    ability('freeze', !rootless || info.CgroupVersion === '2', 'freezing on a rootless engine needs cgroup v2'),
    ability(
      'seccomp',
      hasSecurityOption(info, 'seccomp'),
      'this engine does not filter system calls: do not run untrusted code',
    ),
    ability('init', (info.InitBinary ?? '') !== '', 'set COOKIETIN_ENABLE_TINI=false, or install docker-init (tini)'),
  ]
}

/** Facts about the engine, each a name and a value. */
export function factsOf(info: EngineInfo): [name: string, value: string][] {
  const backing = statusOf(info, 'Backing Filesystem')
  const memory = info.MemTotal === undefined ? '?' : formatMemory(info.MemTotal)
  return [
    ['system', [info.OperatingSystem, info.Architecture, `kernel ${info.KernelVersion ?? '?'}`].join(', ')],
    ['resources', `${info.NCPU ?? '?'} CPUs, ${memory}`],
    // Engines before 20.10 support only version 1 and do not report it.
    ['cgroup', `v${info.CgroupVersion ?? '1'}, driver ${info.CgroupDriver ?? '?'}`],
    ['storage', `${info.Driver ?? '?'}${backing === undefined ? '' : ` on ${backing}`}`],
    [
      'runtimes',
      Object.keys(info.Runtimes ?? {})
        .map(name => (name === info.DefaultRuntime ? `${name} (default)` : name))
        .join(', '),
    ],
    [
      'security',
      (info.SecurityOptions ?? []).map(option => /name=([^,]+)/.exec(option)?.[1] ?? option).join(', ') || 'none',
    ],
  ]
}

function hasSecurityOption({ SecurityOptions }: EngineInfo, name: string): boolean {
  return (SecurityOptions ?? []).some(option => option === name || option.split(',').includes(`name=${name}`))
}

function statusOf({ DriverStatus }: EngineInfo, name: string): string | undefined {
  return DriverStatus?.find(([key]) => key === name)?.[1]
}

function limitsDisks(info: EngineInfo): boolean {
  if (info.Driver === 'overlay2') {
    // The engine does not report whether the file system is mounted with pquota.
    return statusOf(info, 'Backing Filesystem') === 'xfs'
  }
  return ['btrfs', 'zfs', 'devicemapper', 'windowsfilter'].includes(info.Driver ?? '')
}
