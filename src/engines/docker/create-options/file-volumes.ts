import { posix } from 'node:path'
import type { FieldIssue } from '../../../errors.ts'
import { isWithin } from '../../../task/mounts/dangerous-mounts.ts'
import type { ResolvedTask } from '../../../task/resolved-task.ts'
import type { CreateOptions, HostOptions } from './create-options.ts'

/** Folders that hold parts of many programs: a volume there would first copy all of them. */
const crowded = [
  '/',
  '/etc',
  '/home',
  '/lib',
  '/opt',
  '/srv',
  '/usr',
  '/usr/lib',
  '/usr/local',
  '/usr/share',
  '/var',
  '/var/lib',
]

/** An anonymous volume, which is removed with its container. */
type AnonymousVolume = NonNullable<HostOptions['Mounts']>[number]

/**
 * Adds the volumes that a read-only root needs for the task's files and artifacts: the engine copies nothing into a
 * read-only root, and a program cannot write there what is to be copied out.
 */
export function withFileVolumes(options: CreateOptions, task: ResolvedTask): CreateOptions {
  const { HostConfig } = options
  if (!HostConfig.ReadonlyRootfs) return options
  const targets = volumeTargets(task, HostConfig)
  if (targets.length === 0) return options
  const volumes = targets.map((Target): AnonymousVolume => ({ Type: 'volume', Target, ReadOnly: false }))
  return { ...options, HostConfig: { ...HostConfig, Mounts: [...(HostConfig.Mounts ?? []), ...volumes] } }
}

/** The targets of the anonymous volumes among the mounts. */
export function anonymousVolumes({ Mounts }: HostOptions): readonly string[] {
  return (Mounts ?? []).flatMap(({ Type, Source, Target }) => (Type === 'volume' && !Source ? [Target] : []))
}

/** Why the engine could not copy a task's files and artifacts; nothing when it can. */
export function fileIssues(task: ResolvedTask, { HostConfig }: CreateOptions): FieldIssue[] {
  const tmpfs = Object.keys(HostConfig.Tmpfs ?? {}).map(path => posix.normalize(path))
  const issueOf = (field: string, path: string, isFile: boolean): FieldIssue[] => {
    const hidden = tmpfs.find(folder => isWithin(path, folder))
    const value = `'${path}'`
    if (hidden !== undefined)
      return [
        { field, value, allowed: `a path outside ${hidden}, a tmpfs that is empty before the start and after the end` },
      ]
    if (!isFile || !HostConfig.ReadonlyRootfs || posix.dirname(path) !== '/' || isMounted(HostConfig, path)) return []
    return [
      { field, value, allowed: `a path in a folder, such as /app${path}, where the root file system is read-only` },
    ]
  }
  return [
    ...task.files.flatMap(({ path, content }) =>
      issueOf(`files[${JSON.stringify(path)}]`, path, content !== undefined),
    ),
    ...task.artifacts.flatMap((path, index) => issueOf(`artifacts[${index}]`, path, false)),
  ]
}

function isMounted({ Mounts }: HostOptions, path: string): boolean {
  return (Mounts ?? []).some(({ Target }) => isWithin(path, Target))
}

function volumeTargets({ files, artifacts }: ResolvedTask, host: HostOptions): string[] {
  const sent = files.filter(({ path, content }) => content === undefined || posix.dirname(path) !== '/')
  const paths = [...sent.map(({ path }) => path), ...artifacts].filter(path => !isMounted(host, path))
  // What is right below the root can only be a folder, and so a volume itself.
  const folders = new Set(paths.map(path => (posix.dirname(path) === '/' ? path : posix.dirname(path))))
  return deepestCommon([...folders], 1).toSorted()
}

/** As few folders as hold all the others, none of them a crowded one unless something is right in it. */
function deepestCommon(folders: readonly string[], depth: number): string[] {
  const groups = new Map<string, string[]>()
  for (const folder of folders) {
    const top = folder
      .split('/')
      .slice(0, depth + 1)
      .join('/')
    groups.set(top, [...(groups.get(top) ?? []), folder])
  }
  return [...groups].flatMap(([top, inside]) => {
    if (inside.includes(top)) return [top]
    if (inside.length === 1) return [...inside]
    const deeper = deepestCommon(inside, depth + 1)
    return deeper.length === 1 || crowded.includes(top) ? deeper : [top]
  })
}
