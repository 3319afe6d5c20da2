import { existsSync } from 'node:fs'
import { readText } from '../../../../utils/read-text.ts'
import { type CgroupMounts, type Controller, parseGroups, usualGroups } from './mounts.ts'

/** The group to find, and the controllers whose folders are needed. */
export interface GroupSearch {
  readonly mounts: CgroupMounts
  readonly needed: readonly Controller[]
  /** The engine's id of the container. */
  readonly id: string
  /** Asks the engine for the id of one of its processes. */
  findPid(): Promise<number | undefined>
}

/** The folders of a group by controller. */
export type GroupFolders = ReadonlyMap<Controller, string>

/**
 * Finds a container's group: first where engines usually put it, then by the id of one of its processes. Resolves
 * with undefined when there is none.
 */
export async function findGroup({ mounts, needed, id, findPid }: GroupSearch): Promise<GroupFolders | undefined> {
  const at = (groupOf: (controller: Controller) => string | undefined) => foldersOf(mounts, needed, groupOf)
  for (const group of usualGroups(id)) {
    const folders = at(() => group)
    if (folders !== undefined) return folders
  }
  const pid = await findPid()
  const groups = parseGroups(readText(`/proc/${pid}/cgroup`) ?? '', mounts.version)
  // A group without the container's id belongs to another process with the same process id.
  const isOwn = needed.every(controller => groups.get(controller)?.includes(id))
  return isOwn ? at(controller => groups.get(controller)) : undefined
}

function foldersOf(
  mounts: CgroupMounts,
  needed: readonly Controller[],
  groupOf: (controller: Controller) => string | undefined,
): GroupFolders | undefined {
  const folders = new Map<Controller, string>()
  for (const controller of needed) {
    const group = groupOf(controller)
    const folder = group === undefined ? undefined : mounts.folder(controller, group)
    if (folder === undefined || !existsSync(folder)) return undefined
    folders.set(controller, folder)
  }
  return folders
}
