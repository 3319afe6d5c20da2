import { join } from 'node:path'

/** The controllers that are used. With cgroup v2 all of them are in one folder. */
export type Controller = 'cpu' | 'cpuacct' | 'memory' | 'blkio' | 'pids' | 'freezer'

const everyController: readonly Controller[] = ['cpu', 'cpuacct', 'memory', 'blkio', 'pids', 'freezer']

/** The mount points of this machine's control groups. */
export interface CgroupMounts {
  readonly version: 1 | 2
  /** The folder of a controller's group. Undefined when the group is not below a mounted one. */
  folder(controller: Controller, group: string): string | undefined
}

interface Mount {
  /** The group that is mounted. */
  readonly root: string
  readonly point: string
}

/**
 * Reads the text of `/proc/self/mountinfo`. Returns undefined when one of the `needed` controllers is not mounted. A
 * machine may mount both versions; `version` is the engine's.
 */
export function parseMounts(
  mountinfo: string,
  version: 1 | 2,
  needed: readonly Controller[],
): CgroupMounts | undefined {
  const mounts = new Map<string, Mount>()
  for (const line of mountinfo.split('\n')) {
    const [fields = '', more = ''] = line.split(' - ')
    const [, , , root, point] = fields.split(' ').map(unescaped)
    const [type, , options = ''] = more.split(' ')
    if (root === undefined || point === undefined) continue
    const names = type === 'cgroup' ? options.split(',') : type === 'cgroup2' ? ['unified'] : []
    for (const name of names) mounts.set(name, { root, point })
  }
  const mountOf = (controller: Controller) => mounts.get(version === 1 ? controller : 'unified')
  if (needed.some(controller => mountOf(controller) === undefined)) return undefined
  return {
    version,
    folder(controller, group) {
      const mount = mountOf(controller)
      if (mount === undefined) return undefined
      if (mount.root === '/') return join(mount.point, group)
      return group === mount.root || group.startsWith(`${mount.root}/`)
        ? join(mount.point, group.slice(mount.root.length))
        : undefined
    },
  }
}

/** Reads the text of `/proc/<pid>/cgroup`. Returns the process's group by controller. */
export function parseGroups(text: string, version: 1 | 2): ReadonlyMap<Controller, string> {
  const groups = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, names, path] = /^\d+:([^:]*):(.+)$/.exec(line) ?? []
    if (names === undefined || path === undefined) continue
    for (const name of names === '' ? ['unified'] : names.split(',')) groups.set(name, path)
  }
  return new Map(
    everyController.flatMap(controller => {
      const group = groups.get(version === 1 ? controller : 'unified')
      return group === undefined ? [] : [[controller, group] as const]
    }),
  )
}

/** An engine's default groups of a container: with the cgroupfs driver and with the systemd driver. */
export const usualGroups = (id: string): readonly string[] => [`/docker/${id}`, `/system.slice/docker-${id}.scope`]

/** In mountinfo, spaces in paths are escaped as octal numbers. */
function unescaped(text: string): string {
  return text.replaceAll(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
