import { InvalidInputError } from '../../../errors.ts'
import { dangerOf } from '../../../task/dangerous-mounts.ts'
import { isRecord } from '../../../utils/validation/issues.ts'
import type { AllowName } from '../config/allow.ts'
import type { CreateOptions } from './create-options.ts'
import { isRoot } from './hardened.ts'

type Fields = Readonly<Record<string, unknown>>
/** Compares the edited options with those before the edit. Returns true when the edit relaxes the profile. */
type Check = (now: Fields, before: Fields, isHardened: boolean) => boolean

const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])
const isAny = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : isRecord(value) ? Object.keys(value).length > 0 : Boolean(value)
const joins = (mode: unknown): boolean => typeof mode === 'string' && /^(?:host$|container:|ns:)/.test(mode)
const namespaces = ['PidMode', 'IpcMode', 'UTSMode', 'UsernsMode', 'CgroupnsMode', 'NetworkMode']
const unlimited = (limit: unknown): boolean => typeof limit !== 'number' || limit <= 0

/** Checks on edited create options, by the name that `allow` must list. */
const checks: Partial<Record<AllowName, Check>> = {
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

/** The sources of bind mounts, in either form. */
function sourcesOf({ Binds, Mounts }: Fields): readonly string[] {
  const mounts = Array.isArray(Mounts) ? (Mounts as readonly unknown[]) : []
  const binds = texts(Binds).map(bind => bind.slice(0, bind.indexOf(':')))
  return [
    ...binds,
    ...mounts.flatMap(mount => (isRecord(mount) && mount.Type === 'bind' ? [String(mount.Source)] : [])),
  ]
}

/** Finds the relaxations of an edit: names for the config's `allow`, and the sources of dangerous mounts. */
function relaxedBy(
  now: CreateOptions,
  before: CreateOptions,
  isHardened: boolean,
): { readonly names: readonly AllowName[]; readonly mounts: readonly string[] } {
  const [host, hostBefore] = [now.HostConfig as unknown as Fields, before.HostConfig as unknown as Fields]
  const names = (Object.entries(checks) as [AllowName, Check][])
    .filter(([, isRelaxed]) => isRelaxed(host, hostBefore, isHardened))
    .map(([name]) => name)
  const becameRoot = isHardened && before.User !== undefined && isRoot(now.User ?? '')
  const known = sourcesOf(hostBefore)
  return {
    names: becameRoot ? [...names, 'hardened-root'] : names,
    mounts: sourcesOf(host).filter(source => !known.includes(source) && dangerOf(source) !== undefined),
  }
}

/** The settings that decide which edits are permitted. */
export interface EditRules {
  readonly isHardened: boolean
  readonly allow: readonly AllowName[]
  readonly allowDangerousMounts: boolean
}

/**
 * Checks create options that may have been edited by hand (Fn's `ContainerOptions`). Restores the labels that identify
 * the container. The config must list every relaxation of the profile in `allow`.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
 * @returns the names of the relaxations.
 */
export function checkEditedOptions(
  now: CreateOptions,
  before: CreateOptions,
  { isHardened, allow, allowDangerousMounts }: EditRules,
): readonly string[] {
  const issue = (field: string, value: string, allowed: string) => ({
    field: `containerOptions.${field}`,
    value,
    allowed,
  })
  if (!isRecord(now.HostConfig)) refuse([issue('HostConfig', 'the edited value', 'an object')])
  now.Labels = { ...now.Labels, ...before.Labels }
  const { names, mounts } = relaxedBy(now, before, isHardened)
  const refused = [
    ...names
      .filter(name => !allow.includes(name))
      .map(name => issue('HostConfig', 'this edit', `listed as '${name}' in the config's allow`)),
    ...(allowDangerousMounts ? [] : mounts).map(source =>
      issue(
        'HostConfig',
        `'${source}'`,
        `another mount source: it is ${dangerOf(source)}; the config's allowDangerousMounts permits it`,
      ),
    ),
  ]
  if (refused.length > 0) refuse(refused)
  return [...names, ...(mounts.length > 0 ? ['allowDangerousMounts'] : [])]
}

function refuse(issues: ConstructorParameters<typeof InvalidInputError>[1]): never {
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', issues)
}
