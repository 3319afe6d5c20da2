import { InvalidInputError } from '../../../errors.ts'
import type { ResolvedTask } from '../../../task/task.ts'
import { type ContainerDefaults, type CreateOptions, isAllowed, tmpfsOptions } from './create-options.ts'

/** The user of containers that need no rights. No ordinary host has a user of this id. */
export const untrustedUser = '65532:65532'
/** MB. */
const tmpSize = 64
const tmpInodes = 16_384
const ulimits: Readonly<Record<string, number>> = { nofile: 1024, core: 0 }
/** The kernel takes these before anything of the host when memory runs out. */
const oomScore = 500

/** True when the task asks for the profile for code that is not trusted. */
export function isHardened(task: ResolvedTask): boolean {
  return task.profile === 'hardened'
}

/** True when `user` is root by name or number, or none, which is root in most images; whatever its group. */
export function isRoot(user: string): boolean {
  const [name = ''] = user.split(':')
  return name === '' || name === 'root' || /^0+$/.test(name)
}

/** Refuses an image that its registry can change, where the config asks for a digest. */
export function checkDigest(
  { image, imageName }: ResolvedTask,
  { requireDigest }: { readonly requireDigest: boolean },
): void {
  if (!requireDigest || imageName.digest !== undefined) return
  const allowed = "an image named by its digest, name@sha256:…, since the config's requireDigest is set"
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [{ field: 'image', value: `'${image}'`, allowed }])
}

/** Refuses root where the profile has none. */
export function checkUser(task: ResolvedTask, defaults: Pick<ContainerDefaults, 'allow'>): void {
  if (!isHardened(task) || task.user === undefined || !isRoot(task.user) || isAllowed(defaults, 'hardened-root')) return
  const allowed = "a user other than root with the profile 'hardened'"
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [{ field: 'user', value: `'${task.user}'`, allowed }])
}

/**
 * The create options with every hole closed that the attack list found open in the default profile: root (who may write to
 * `/dev` even of a read-only container), a writable root, an unbounded `/tmp`, a network, shared memory.
 */
export function hardened(options: CreateOptions, task: ResolvedTask, defaults: ContainerDefaults): CreateOptions {
  const limits = { ...ulimits, ...task.ulimits }
  return {
    ...options,
    ...(!isAllowed(defaults, 'hardened-root') && { User: task.user ?? untrustedUser }),
    HostConfig: {
      ...options.HostConfig,
      ...(!isAllowed(defaults, 'hardened-writable-root') && { ReadonlyRootfs: true }),
      Tmpfs: { '/tmp': tmpfsOptions(task.tmpFsSize || tmpSize, defaults.maxTmpfsInodes || tmpInodes) },
      ...(!isAllowed(defaults, 'hardened-shared-memory') && { IpcMode: 'none' }),
      Ulimits: Object.entries(limits).map(([Name, limit]) => ({ Name, Soft: limit, Hard: limit })),
      OomScoreAdj: oomScore,
    },
  }
}
