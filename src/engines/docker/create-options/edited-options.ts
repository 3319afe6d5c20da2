import { InvalidInputError } from '../../../errors.ts'
import { dangerOf } from '../../../task/dangerous-mounts.ts'
import { isRecord } from '../../../utils/validation/issues.ts'
import type { Loosened } from '../config/allow.ts'
import type { CreateOptions } from './create-options.ts'
import { isRoot } from './hardened.ts'

/** What create options can be changed to by hand, each a way out of the profile, and the name by which a config gives it up. */
type Check = (now: Bag, before: Bag, isHardened: boolean) => boolean
type Bag = Readonly<Record<string, unknown>>

const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])
const isAny = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : isRecord(value) ? Object.keys(value).length > 0 : Boolean(value)
const joins = (mode: unknown): boolean => typeof mode === 'string' && /^(?:host$|container:|ns:)/.test(mode)
const namespaces = ['PidMode', 'IpcMode', 'UTSMode', 'UsernsMode', 'CgroupnsMode', 'NetworkMode']
const unlimited = (limit: unknown): boolean => typeof limit !== 'number' || limit <= 0

const checks: Partial<Record<Loosened, Check>> = {
  privileged: now => now.Privileged === true,
  capabilities: (now, before) => isAny(now.CapAdd) || (isAny(before.CapDrop) && !texts(now.CapDrop).includes('ALL')),
  'new-privileges': (now, before) =>
    texts(before.SecurityOpt).some(isNoNewPrivileges) && !texts(now.SecurityOpt).some(isNoNewPrivileges),
  'security-options': now =>
    texts(now.SecurityOpt).some(option => !isNoNewPrivileges(option)) ||
    now.MaskedPaths !== undefined ||
    now.ReadonlyPaths !== undefined,
  namespaces: now => namespaces.some(field => joins(now[field])),
  devices: now => ['Devices', 'DeviceRequests', 'DeviceCgroupRules'].some(field => isAny(now[field])),
  'other-volumes': now => isAny(now.VolumesFrom),
  ports: now => isAny(now.PortBindings) || now.PublishAllPorts === true,
  limits: (now, before) =>
    (!unlimited(before.PidsLimit) && unlimited(now.PidsLimit)) ||
    now.OomKillDisable === true ||
    isAny(now.CgroupParent),
  runtime: (now, before) => now.Runtime !== before.Runtime,
  swap: (now, before) => before.MemorySwap !== undefined && now.MemorySwap !== now.Memory,
  'log-files': (now, before) =>
    isRecord(before.LogConfig) && (!isRecord(now.LogConfig) || now.LogConfig.Type !== before.LogConfig.Type),
  'hardened-writable-root': (now, before, isHardened) =>
    isHardened && before.ReadonlyRootfs === true && now.ReadonlyRootfs !== true,
  'hardened-network': (now, before, isHardened) =>
    isHardened && before.NetworkMode === 'none' && now.NetworkMode !== 'none',
  'hardened-shared-memory': (now, before, isHardened) =>
    isHardened && before.IpcMode === 'none' && now.IpcMode !== 'none',
}

function isNoNewPrivileges(option: string): boolean {
  return /^no-new-privileges(?:[:=]true)?$/.test(option)
}

/** Bind mounts that the options name, of either form. */
function sourcesOf({ Binds, Mounts }: Bag): readonly string[] {
  const mounts = Array.isArray(Mounts) ? (Mounts as readonly unknown[]) : []
  const binds = texts(Binds).map(bind => bind.slice(0, bind.indexOf(':')))
  return [
    ...binds,
    ...mounts.flatMap(mount => (isRecord(mount) && mount.Type === 'bind' ? [String(mount.Source)] : [])),
  ]
}

/** What the options, as changed by hand, loosen of those that were made for the task: names for the config's `allow`, and mounts of danger. */
function loosenedBy(
  now: CreateOptions,
  before: CreateOptions,
  isHardened: boolean,
): { readonly names: readonly Loosened[]; readonly mounts: readonly string[] } {
  const [host, hostBefore] = [now.HostConfig as unknown as Bag, before.HostConfig as unknown as Bag]
  const names = (Object.entries(checks) as [Loosened, Check][])
    .filter(([, isLoosened]) => isLoosened(host, hostBefore, isHardened))
    .map(([name]) => name)
  const becameRoot = isHardened && before.User !== undefined && isRoot(now.User ?? '')
  const known = sourcesOf(hostBefore)
  return {
    names: becameRoot ? [...names, 'hardened-root'] : names,
    mounts: sourcesOf(host).filter(source => !known.includes(source) && dangerOf(source) !== undefined),
  }
}

/**
 * Looks at options that may have been changed by hand (the seed's `ContainerOptions`) before they are sent: what makes a container
 * ours is put back, and what loosens the profile must have been given up by name in the config.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
 * @returns what is loosened, for whoever watches.
 */
export function checkOptions(
  now: CreateOptions,
  before: CreateOptions,
  { isHardened, allow, allowDangerousMounts }: HatchRules,
): readonly string[] {
  const issue = (field: string, value: string, allowed: string) => ({
    field: `containerOptions.${field}`,
    value,
    allowed,
  })
  if (!isRecord(now.HostConfig)) refuse([issue('HostConfig', 'what it is', 'an object; change its fields')])
  now.Labels = { ...now.Labels, ...before.Labels }
  const { names, mounts } = loosenedBy(now, before, isHardened)
  const refused = [
    ...names
      .filter(name => !allow.includes(name))
      .map(name =>
        issue('HostConfig', 'what it is', `no looser: it gives up ${name}, which the config's allow does not name`),
      ),
    ...(allowDangerousMounts ? [] : mounts).map(source =>
      issue(
        'HostConfig',
        `'${source}'`,
        `without a mount of that: it is ${dangerOf(source)}; allowDangerousMounts lets it through`,
      ),
    ),
  ]
  if (refused.length > 0) refuse(refused)
  return [...names, ...(mounts.length > 0 ? ['allowDangerousMounts'] : [])]
}

/** What decides how far options may be changed. */
export interface HatchRules {
  readonly isHardened: boolean
  readonly allow: readonly Loosened[]
  readonly allowDangerousMounts: boolean
}

function refuse(issues: ConstructorParameters<typeof InvalidInputError>[1]): never {
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', issues)
}
