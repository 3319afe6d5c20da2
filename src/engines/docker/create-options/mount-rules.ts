import { posix } from 'node:path'
import { isWithin } from '../../../task/mounts/dangerous-mounts.ts'
import { isRecord } from '../../../utils/validation/issues.ts'
import type { AllowName } from '../config/allow.ts'
import type { Fields, Rule } from './edit.ts'

/** One bind mount of a create call: a path of the engine's host. */
export interface BindSource {
  readonly source: string
  readonly readOnly: boolean
}

/** The parts of a mount that decide what it gives access to. */
interface MountParts {
  readonly type: string
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  /** Options that are not known to be harmless. */
  readonly hasOtherOptions: boolean
  /** A tmpfs with a size, from which nothing is run. */
  readonly isBounded: boolean
  /** A driver or its options decide what the volume holds. */
  readonly driver: Fields | undefined
}

const harmlessModes = new Set(['ro', 'rw', 'nocopy', 'private', 'rprivate', 'consistent', 'cached', 'delegated'])

/** `source:target[:modes]`. Without a target, the only part is the target of a new volume. */
function readBind(bind: string): MountParts {
  const [first = '', second, modes = ''] = bind.split(':')
  const source = second === undefined ? '' : first
  const options = modes.split(',').filter(mode => mode !== '')
  return {
    type: source.startsWith('/') ? 'bind' : 'volume',
    source,
    target: second ?? first,
    readOnly: options.includes('ro'),
    hasOtherOptions: options.some(mode => !harmlessModes.has(mode)) || bind.split(':').length > 3,
    isBounded: false,
    driver: undefined,
  }
}

function readMount(mount: unknown): MountParts {
  const { Type, Source, Target, ReadOnly, BindOptions, VolumeOptions, TmpfsOptions } = fieldsOf(mount)
  const { Propagation, ReadOnlyNonRecursive } = fieldsOf(BindOptions)
  const { SizeBytes, Options } = fieldsOf(TmpfsOptions)
  const driver = fieldsOf(fieldsOf(VolumeOptions).DriverConfig)
  return {
    type: String(Type ?? ''),
    source: String(Source ?? ''),
    target: String(Target ?? ''),
    readOnly: ReadOnly === true,
    hasOtherOptions: !['', 'private', 'rprivate'].includes(String(Propagation ?? '')) || Boolean(ReadOnlyNonRecursive),
    isBounded: typeof SizeBytes === 'number' && SizeBytes > 0 && (Options === undefined || Options === null),
    driver: Object.keys(driver).length > 0 ? driver : undefined,
  }
}

const fieldsOf = (value: unknown): Fields => (isRecord(value) ? value : {})

function mountsIn({ Binds, Mounts }: Fields): readonly MountParts[] {
  return [
    ...(Array.isArray(Binds) ? Binds : []).map(bind => readBind(String(bind))),
    ...(Array.isArray(Mounts) ? Mounts : []).map(readMount),
  ]
}

/** The host paths that a `HostConfig` mounts, also by a volume of the engine's own driver. */
export function bindSources(host: Fields): readonly BindSource[] {
  return mountsIn(host).flatMap(({ type, source, driver, readOnly }) => {
    const device = fieldsOf(driver?.Options).device
    const paths = [...(type === 'bind' ? [source] : []), ...(typeof device === 'string' ? [device] : [])]
    return paths.map(path => ({ source: path, readOnly }))
  })
}

/** Folders of the kernel. What is mounted there may replace what protects the host. */
const kernelFolders = ['/proc', '/sys', '/dev']

const isOnKernel = (target: string) => {
  const path = posix.normalize(`/${target}`)
  return kernelFolders.some(folder => isWithin(path, folder))
}

/** What an edit mounts in a folder of the kernel, where the keys of an option are the targets. */
export function mountsOnKernel(now: unknown, before: unknown): readonly AllowName[] {
  const known = fieldsOf(before)
  const added = Object.keys(fieldsOf(now)).filter(target => !Object.hasOwn(known, target))
  return added.some(isOnKernel) ? ['security-options'] : []
}

function loosenedBy(mount: MountParts, isHardened: boolean): readonly AllowName[] {
  const { type, source, driver } = mount
  return [
    ...(isOnKernel(mount.target) ? (['security-options'] as const) : []),
    ...(mount.hasOtherOptions ? (['other-options'] as const) : []),
    // A volume with a name may be of any driver, and hold what others have put there.
    ...(driver !== undefined || (type === 'volume' && source !== '') ? (['other-volumes'] as const) : []),
    ...(type === 'volume' && source === '' && isHardened ? (['hardened-volumes'] as const) : []),
    ...(type === 'tmpfs' && isHardened && !mount.isBounded ? (['hardened-writable-root'] as const) : []),
    ...(['bind', 'volume', 'tmpfs'].includes(type) ? [] : (['other-volumes'] as const)),
  ]
}

/** A new mount loosens what it gives access to. Those of the task itself are not new. */
const addedMounts: Rule = ({ now, before, isHardened }) => {
  const known = new Set((Array.isArray(before) ? before : []).map(mount => JSON.stringify(mount)))
  const added = (Array.isArray(now) ? now : []).filter(mount => !known.has(JSON.stringify(mount)))
  const mounts = mountsIn({
    Binds: added.filter(mount => typeof mount === 'string'),
    Mounts: added.filter(mount => typeof mount !== 'string'),
  })
  return [...new Set(mounts.flatMap(mount => loosenedBy(mount, isHardened)))]
}

/** A tmpfs of the hardened profile has a size, and nothing is run from it. */
const boundedTmpfs: Rule = ({ now, isHardened }) => {
  if (!isHardened) return []
  const isBounded = (options: unknown) => {
    const words = String(options).split(',')
    return (
      ['noexec', 'nosuid', 'nodev'].every(word => words.includes(word)) &&
      !['exec', 'suid', 'dev'].some(word => words.includes(word)) &&
      words.some(word => /^size=0*[1-9]\d*[kmg]?$/i.test(word)) &&
      !words.some(word => /^size=(?!0*[1-9]\d*[kmg]?$)/i.test(word))
    )
  }
  return Object.values(fieldsOf(now)).every(isBounded) ? [] : ['hardened-writable-root']
}

/** The rules for the options of `HostConfig` that mount something. */
export const mountRules: Readonly<Record<string, Rule>> = {
  Binds: addedMounts,
  Mounts: addedMounts,
  Tmpfs: edit => [...boundedTmpfs(edit), ...mountsOnKernel(edit.now, edit.before)],
  VolumeDriver: ({ now }) => (now ? ['other-volumes'] : []),
  VolumesFrom: ({ now }) => (Array.isArray(now) && now.length === 0 ? [] : now ? ['other-volumes'] : []),
}
