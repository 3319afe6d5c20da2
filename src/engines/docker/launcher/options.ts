import type { CreateOptions } from '../create-options/create-options.ts'

/** Where the launcher's volume is in a container. */
export const launcherFolder = '/.cookietin'
/** The launcher's file in it. */
export const launcherName = 'launch'

/** Makes create options start the launcher, which waits for its frame, in place of the task. They are changed in place. */
export function useLauncher(options: CreateOptions, volume: string): void {
  const { HostConfig } = options
  options.Entrypoint = [`${launcherFolder}/${launcherName}`]
  delete options.Cmd
  options.AttachStdin = true
  options.OpenStdin = true
  options.StdinOnce = true
  // The launcher is the init process.
  HostConfig.Init = false
  if (HostConfig.PidsLimit > 0) HostConfig.PidsLimit += 1
  const mount = { Type: 'volume', Source: volume, Target: launcherFolder, ReadOnly: true } as const
  HostConfig.Mounts = [...(HostConfig.Mounts ?? []), mount]
}

/** Makes create options of a container that gets its variables with the frame, and may have them of another task. */
export function withoutCommand(options: CreateOptions): void {
  delete options.Cmd
  delete options.Entrypoint
  options.Env = []
}

/** The create options that one call fixes for the life of a container, as text: equal texts, equal containers. */
export function fixedOptions(options: CreateOptions): ReadonlyMap<string, string> {
  const { Image, Cmd, Entrypoint, Env, WorkingDir, Labels, AttachStdin, OpenStdin, StdinOnce, HostConfig, ...rest } =
    options
  const entries = [
    ...Object.entries(rest),
    ...Object.entries(HostConfig).map(([key, value]) => [`HostConfig.${key}`, value] as const),
  ]
  return new Map(entries.map(([key, value]) => [key, JSON.stringify(value, sortKeys)] as const))
}

/** The names of the options in which two containers differ. */
export function differences(some: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>): string[] {
  const keys = new Set([...some.keys(), ...others.keys()])
  return [...keys].filter(key => some.get(key) !== others.get(key)).toSorted()
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
