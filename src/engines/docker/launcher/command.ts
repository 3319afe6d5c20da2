import type { CreateOptions } from '../create-options/create-options.ts'
import type { ImageCommand } from '../image/image-command.ts'
import type { LaunchCommand } from './frame.ts'

/**
 * The command that an engine would run by these create options.
 *
 * @returns undefined for options that only the engine can carry out: no command at all, or a variable to remove.
 */
export function commandOf(options: CreateOptions, image: ImageCommand, hasInput: boolean): LaunchCommand | undefined {
  const { Entrypoint, Cmd, Env = [], WorkingDir, HostConfig } = options
  const given = list(Entrypoint)
  const entrypoint = given === undefined ? image.entrypoint : given.filter((part, at) => at > 0 || part !== '')
  // An entrypoint of its own comes without the image's command.
  const command = list(Cmd) ?? (given === undefined ? image.command : [])
  const [program, ...args] = [...entrypoint, ...command]
  if (program === undefined || program === '') return undefined
  if (!Env.every(variable => variable.indexOf('=') > 0)) return undefined
  if ([program, ...args, ...Env, WorkingDir ?? ''].some(text => text.includes('\0'))) return undefined
  return {
    argv: [program, ...args],
    env: Env,
    workDir: WorkingDir ?? image.workDir,
    hasInput,
    hasMemoryLimit: (HostConfig.Memory ?? 0) > 0,
  }
}

/** The engine takes a text for a list of one. An empty list means that of the image. */
function list(value: unknown): string[] | undefined {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) && value.length > 0 ? value.map(String) : undefined
}
