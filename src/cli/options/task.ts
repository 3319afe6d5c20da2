import { resolve } from 'node:path'
import type { Command } from 'commander'
import { isNetworkName } from '../../engines/docker/config/config.ts'
import type { ContainerTask, Volume } from '../../task/task.ts'
import { collect } from '../command-context.ts'
import { UsageError } from '../usage-error.ts'
import { readCount } from './count.ts'
import { refuseDockerOptions } from './docker-options.ts'
import { parseDuration } from './duration.ts'
import { readEnv } from './env.ts'

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
  timeout: ['--timeout <duration>', 'end the run after this time: milliseconds, or 5s, 2m; exit code 124'],
}

/** Adds IMAGE, COMMAND and every option that describes a task. */
export function addTaskOptions(command: Command): Command {
  addImageAndCommand(command, 'the image to run; only a name where the driver has no images')
  addTaskFlags(command, Object.keys(definitions) as (keyof TaskOptions)[])
  return refuseDockerOptions(command)
}

/** Adds IMAGE and COMMAND; options after IMAGE belong to the command. */
export function addImageAndCommand(command: Command, image: string): Command {
  return command
    .usage('[options] IMAGE [COMMAND...]')
    .argument('<image>', image)
    .argument('[command...]', 'the command to run (default: that of the image)')
    .passThroughOptions()
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
    volumes: options.volume?.map(readVolume),
    workDir: options.workdir,
    user: options.user,
    memory: options.memory,
    cpus: options.cpus === undefined ? undefined : readCpus(options.cpus),
    pids: options.pidsLimit === undefined ? undefined : readCount('--pids-limit', options.pidsLimit),
    ulimits: options.ulimit === undefined ? undefined : Object.fromEntries(options.ulimit.map(readUlimit)),
    disableNet: options.network === undefined ? undefined : readNetwork(options.network),
    tmpFsSize: options.tmpfsSize === undefined ? undefined : readCount('--tmpfs-size', options.tmpfsSize),
    pull: options.pull === undefined ? undefined : readPull(options.pull),
    profile: options.hardened ? 'hardened' : undefined,
    timeout: options.timeout === undefined ? undefined : readTimeout(options.timeout),
  }
}

function readTimeout(text: string): number {
  const timeout = parseDuration(text)
  if (timeout === undefined) {
    throw new UsageError(`--timeout: "${text}" is not a duration; write milliseconds, or 500ms, 5s, 2m, 1h30m`)
  }
  return timeout
}

function readCpus(text: string): number {
  if (!/^(\d+(\.\d*)?|\.\d+)$/.test(text)) {
    throw new UsageError(`--cpus: "${text}" is not a number of CPUs, such as 2 or 0.5`)
  }
  // Rounded up: 0 would mean no limit.
  return Math.ceil(Number(text) * 1_000)
}

function readVolume(text: string): Volume {
  const [host, container, mode, ...more] = text.split(':')
  if (!host || !container || more.length > 0 || (mode !== undefined && mode !== 'ro' && mode !== 'rw')) {
    throw new UsageError(`--volume: "${text}" is not HOST:CONTAINER or HOST:CONTAINER:ro`)
  }
  if (!/^[./]/.test(host)) {
    throw new UsageError(`--volume: "${host}" would be a named volume; use a folder, such as /abs/path or ./path`)
  }
  return [resolve(host), container, mode ?? 'rw']
}

function readUlimit(text: string): [name: string, value: number] {
  const [, name, soft, hard = soft] = /^([a-z]+)=(\d+)(?::(\d+))?$/.exec(text) ?? []
  if (name === undefined || soft === undefined) {
    throw new UsageError(`--ulimit: "${text}" is not NAME=NUMBER, such as nofile=1024`)
  }
  if (hard !== soft) throw new UsageError(`--ulimit: "${text}" has two limits; soft and hard are the same here`)
  return [name, Number(soft)]
}

function readNetwork(text: string): boolean {
  if (text !== 'none' && text !== 'default') {
    const allow = isNetworkName(text) ? '' : ' and COOKIETIN_ALLOW=namespaces, which gives the isolation up'
    throw new UsageError(
      `--network: "${text}" is not one of none, default; to join another network, set COOKIETIN_DOCKER_NETWORKS=${text}${allow}`,
    )
  }
  return text === 'none'
}

function readPull(text: string): NonNullable<ContainerTask['pull']> {
  if (text !== 'missing' && text !== 'always' && text !== 'never') {
    throw new UsageError(`--pull: "${text}" is not one of missing, always, never`)
  }
  return text
}
