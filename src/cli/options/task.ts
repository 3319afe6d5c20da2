import type { Command } from 'commander'
import type { ContainerTask } from '../../task/task.ts'
import { collect } from '../command-context.ts'
import { UsageError } from '../usage-error.ts'
import { readCount, readRetries } from './count.ts'
import { refuseDockerOptions } from './docker-options.ts'
import { readEnv } from './env.ts'
import { readCpus, readDuration, readNetwork, readPull, readUlimit, readVolume } from './values.ts'

/** The options that describe one task, as commander parses them. */
export interface TaskOptions {
  readonly env?: readonly string[]
  readonly envFile?: readonly string[]
  readonly volume?: readonly string[]
  readonly workdir?: string
  readonly user?: string
  readonly memory?: string
  readonly cpus?: string
  readonly pidsLimit?: string
  readonly ulimit?: readonly string[]
  readonly network?: string
  readonly tmpfsSize?: string
  readonly interactive?: boolean
  readonly rm?: boolean
  readonly init?: boolean
  readonly name?: string
  readonly id?: string
  readonly pull?: string
  readonly hardened?: boolean
  readonly timeout?: string
  readonly retries?: string
}

/** The flag and the help text of each option, in the order of the help. */
const definitions: Readonly<
  Record<keyof TaskOptions, readonly [flags: string, help: string, repeat?: typeof collect]>
> = {
  env: ['-e, --env <NAME=value>', 'set a variable; NAME alone takes your own value (repeatable)', collect],
  envFile: ['--env-file <file>', 'read variables from a file (repeatable)', collect],
  volume: ['-v, --volume <host:container[:ro]>', 'mount a folder or file (repeatable)', collect],
  workdir: ['-w, --workdir <dir>', 'working directory in the container'],
  user: ['-u, --user <user[:group]>', 'run as this user'],
  memory: ['-m, --memory <size>', 'memory limit, such as 64m or 1.5g'],
  cpus: ['--cpus <number>', 'CPU limit, such as 0.5'],
  pidsLimit: ['--pids-limit <number>', 'limit on processes and threads (default: 256)'],
  ulimit: ['--ulimit <name=number>', 'resource limit, such as nofile=1024 (repeatable)', collect],
  network: ['--network <none|default>', "none: loopback only; default: the engine's default network"],
  tmpfsSize: ['--tmpfs-size <MB>', 'make /tmp a tmpfs of this size'],
  interactive: ['-i, --interactive', 'pass standard input to the container'],
  rm: ['--rm', 'accepted as in docker run: the container is always removed'],
  init: ['--init', 'accepted as in docker run: an init process is the default'],
  name: ['--name <id>', 'the same as --id'],
  id: ['--id <id>', 'name the run (default: a random id)'],
  pull: ['--pull <missing|always|never>', 'when to pull the image (default: missing)'],
  hardened: ['--hardened', 'the profile for untrusted code: no network, read-only, not root'],
  timeout: ['--timeout <duration>', 'end the run after this time, such as 500ms, 5s, 2m; exit code 124'],
  retries: [
    '--retries <number>',
    'run again, at most so often, what failed for a reason that may pass; never for an exit code',
  ],
}

/** Adds IMAGE, COMMAND and every option that describes a task. */
export function addTaskOptions(command: Command, image = 'the image to run'): Command {
  addImageAndCommand(command, image)
  addTaskFlags(command, Object.keys(definitions) as (keyof TaskOptions)[])
  return refuseDockerOptions(command)
}

/** Adds IMAGE and COMMAND; options after IMAGE belong to the command. */
function addImageAndCommand(command: Command, image: string): Command {
  return command
    .usage('[options] IMAGE [COMMAND...]')
    .argument('<image>', image)
    .argument('[command...]', 'the command to run (default: that of the image)')
    .passThroughOptions()
}

/** Adds IMAGE, and COMMAND after `--`; options may follow IMAGE. */
export function addImageAndLateCommand(command: Command, image: string): Command {
  return command
    .usage('[options] IMAGE [options] [-- COMMAND...]')
    .argument('<image>', image)
    .argument('[command...]', 'after --: the command to run (default: that of the image)')
}

/**
 * Checks that the command of {@link addImageAndLateCommand} stands after `--`.
 *
 * @throws UsageError for a word after IMAGE that does not.
 */
export function checkLateCommand(words: readonly string[], commandLine: readonly string[]): void {
  const dashes = commandLine.indexOf('--')
  const late = dashes === -1 ? 0 : commandLine.length - dashes - 1
  if (words.length <= late) return
  throw new UsageError(`"${words[0]}" follows IMAGE: write the command after --, as in IMAGE -- COMMAND`)
}

/** Adds some of the options that describe a task. */
export function addTaskFlags(command: Command, names: readonly (keyof TaskOptions)[]): Command {
  for (const name of names) {
    const [flags, help, repeat] = definitions[name]
    if (repeat === undefined) command.option(flags, help)
    else command.option(flags, help, repeat)
  }
  return command
}

/** Builds the task of the options. Checks the syntax of the command line only: the library validates the task. */
export function taskOf(image: string, command: readonly string[], options: TaskOptions): ContainerTask {
  return {
    image,
    command: command.length > 0 ? command : undefined,
    id: options.id ?? options.name,
    env: readEnv(options.envFile ?? [], options.env ?? []),
    volumes: options.volume?.map(text => readVolume('--volume', text)),
    workDir: options.workdir,
    user: options.user,
    memory: options.memory,
    cpus: options.cpus === undefined ? undefined : readCpus('--cpus', options.cpus),
    pids: options.pidsLimit === undefined ? undefined : readCount('--pids-limit', options.pidsLimit),
    ulimits: options.ulimit === undefined ? undefined : Object.fromEntries(options.ulimit.map(readUlimit)),
    disableNet: options.network === undefined ? undefined : readNetwork(options.network),
    tmpFsSize: options.tmpfsSize === undefined ? undefined : readCount('--tmpfs-size', options.tmpfsSize),
    pull: options.pull === undefined ? undefined : readPull(options.pull),
    profile: options.hardened ? 'hardened' : undefined,
    timeout: options.timeout === undefined ? undefined : readDuration('--timeout', options.timeout),
    retry: options.retries === undefined ? undefined : readRetries(options.retries),
  }
}
