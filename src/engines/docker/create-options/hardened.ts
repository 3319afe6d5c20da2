import { InvalidInputError } from '../../../errors.ts'
import type { ResolvedTask } from '../../../task/resolved-task.ts'
import {
  type ContainerDefaults,
  type CreateOptions,
  hasTmp,
  isAllowed,
  tmpfsOf,
  tmpfsOptions,
} from './create-options.ts'

/** The user of containers that need no rights. No ordinary host has a user of this id. */
export const untrustedUser = '65532:65532'
/** MB. */
const tmpSize = 64
const tmpInodes = 16_384
/** The most processes and threads of a task that sets no limit. */
const maxPids = 128
const ulimits = { nofile: { soft: 1024, hard: 1024 }, core: { soft: 0, hard: 0 } }
/** When memory runs out, the kernel kills these containers before any process of the host. */
const oomScore = 500

/** True when the task asks for the profile for untrusted code. */
export function isHardened(task: ResolvedTask): boolean {
  return task.profile === 'hardened'
}

/**
 * True when `user` is root by name or number, in any group. An empty user counts as root, as in most images. The engine
 * also takes a number with a sign.
 */
export function isRoot(user: string): boolean {
  const [name = ''] = user.split(':')
  return name === '' || name === 'root' || /^[+-]?0+$/.test(name)
}

/**
 * Rejects an image without a digest when the config requires one.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
 */
export function checkDigest(
  { image, imageName }: ResolvedTask,
  { requireDigest }: { readonly requireDigest: boolean },
): void {
  if (!requireDigest || imageName.digest !== undefined) return
  const allowed = "an image named by its digest, name@sha256:…, since the config's requireDigest is set"
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [{ field: 'image', value: `'${image}'`, allowed }])
}

/**
 * Rejects root in the hardened profile.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
 */
export function checkUser(task: ResolvedTask, defaults: Pick<ContainerDefaults, 'allow'>): void {
  if (!isHardened(task) || task.user === undefined || !isRoot(task.user) || isAllowed(defaults, 'hardened-root')) return
  const allowed = "a user other than root with the profile 'hardened'"
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [{ field: 'user', value: `'${task.user}'`, allowed }])
}

/**
 * Returns the create options of the hardened profile. It closes the holes of the default profile: root (which may write
 * to `/dev` even in a read-only container), a writable root, an unbounded `/tmp`, the network, and shared memory.
 */
export function hardened(options: CreateOptions, task: ResolvedTask, defaults: ContainerDefaults): CreateOptions {
  const limits = { ...ulimits, ...task.ulimits }
  return {
    ...options,
    ...(!isAllowed(defaults, 'hardened-root') && { User: task.user ?? untrustedUser }),
    HostConfig: {
      ...options.HostConfig,
      ...(!isAllowed(defaults, 'hardened-writable-root') && { ReadonlyRootfs: true }),
      Tmpfs: {
        ...(!hasTmp(task) && {
          '/tmp': tmpfsOptions(task.tmpFsSize || tmpSize, defaults.maxTmpfsInodes || tmpInodes),
        }),
        ...tmpfsOf(task),
      },
      ...(!isAllowed(defaults, 'hardened-shared-memory') && { IpcMode: 'none' }),
      Ulimits: Object.entries(limits).map(([Name, { soft: Soft, hard: Hard }]) => ({ Name, Soft, Hard })),
      OomScoreAdj: oomScore,
      PidsLimit: task.pids || Math.min(defaults.pids || maxPids, maxPids),
    },
  }
}
