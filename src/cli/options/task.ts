import type { Command } from 'commander'
import type { ContainerTask } from '../../task/task.ts'
import { collect } from '../command-context.ts'
import { UsageError } from '../usage-error.ts'
import { readCopyIn, readCopyOut } from './copies.ts'
import { readCount, readRetries } from './count.ts'
import { refuseDockerOptions } from './docker-options.ts'
import { readGpus, readHost, readLabels, readTmpfs, readUlimit, readVolume } from './engine-options.ts'
import { readEnv } from './env.ts'
import { readCpus, readDuration, readPull } from './values.ts'

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
  readonly net?: string
  readonly entrypoint?: string
  readonly label?: readonly string[]
  readonly labelFile?: readonly string[]
  readonly platform?: string
  readonly gpus?: string
  readonly runtime?: string
  readonly shmSize?: string
  readonly addHost?: readonly string[]
  readonly dns?: readonly string[]
  readonly tmpfs?: readonly string[]
  readonly hostname?: string
  readonly capAdd?: readonly string[]
  readonly capDrop?: readonly string[]
  readonly 'init=false'?: boolean
  readonly tmpfsSize?: string
  readonly interactive?: boolean
  readonly rm?: boolean
  readonly init?: boolean
  readonly name?: string
  readonly id?: string
  readonly pull?: string
  readonly hardened?: boolean
  readonly timeout?: string
  readonly stopSignal?: string
  readonly stopTimeout?: string
  readonly copyIn?: readonly string[]
  readonly copyOut?: readonly string[]
  readonly maxArtifacts?: string
  readonly artifactsTimeout?: string
  readonly retries?: string
}

/** The flag and the help text of each option, in the order of the help. */
const definitions: Readonly<
  Record<keyof TaskOptions, readonly [flags: string, help: string, repeat?: typeof collect]>
> = {
  env: ['-e, --env <NAME=value>', 'set a variable; NAME alone takes your own value (repeatable)', collect],
  envFile: ['--env-file <file>', 'read variables from a file (repeatable)', collect],
  volume: [
    '-v, --volume <source:container[:mode]>',
    'mount a folder, file or named volume; ro, z, Z (repeatable)',
    collect,
  ],
  workdir: ['-w, --workdir <dir>', 'working directory in the container'],
  user: ['-u, --user <user[:group]>', 'run as this user'],
  memory: ['-m, --memory <size>', 'memory limit, such as 64m or 1.5g'],
  cpus: ['--cpus <number>', 'CPU limit, such as 0.5'],
  pidsLimit: ['--pids-limit <number>', 'limit on processes and threads (default: 256)'],
  ulimit: ['--ulimit <name=soft[:hard]>', 'resource limit, such as nofile=1024; -1: none (repeatable)', collect],
  network: ['--network <none|default|name>', 'none: loopback only; NAME: a network that COOKIETIN_NETWORKS lists'],
  net: ['--net <name>', 'the same as --network'],
  entrypoint: ['--entrypoint <program>', "the program before the command; empty: leave out the image's"],
  label: ['-l, --label <name=value>', 'label of the container and of the run (repeatable)', collect],
  labelFile: ['--label-file <file>', 'read labels from a file (repeatable)', collect],
  platform: ['--platform <os/architecture>', 'platform of the image, such as linux/arm64'],
  gpus: ['--gpus <number|all>', 'GPUs, of those that COOKIETIN_GPUS counts'],
  runtime: ['--runtime <name>', 'a runtime that COOKIETIN_RUNTIMES lists'],
  shmSize: ['--shm-size <size>', 'size of /dev/shm'],
  addHost: ['--add-host <host:address>', 'add a name to /etc/hosts (repeatable)', collect],
  dns: ['--dns <address>', 'use this DNS server (repeatable)', collect],
  tmpfs: ['--tmpfs <path[:options]>', 'mount a folder in memory; size=, mode=, exec (repeatable)', collect],
  hostname: ['-h, --hostname <name>', 'host name of the container'],
  capAdd: ['--cap-add <capability>', 'add a capability that COOKIETIN_ALLOW lists as cap:NAME (repeatable)', collect],
  capDrop: ['--cap-drop <capability>', 'drop a capability (repeatable)', collect],
  tmpfsSize: ['--tmpfs-size <MB>', 'make /tmp a tmpfs of this size'],
  interactive: ['-i, --interactive', 'pass standard input to the container'],
  rm: ['--rm', 'accepted as in docker run: the container is always removed'],
  init: ['--init', 'run an init process, which is the default'],
  'init=false': ['--init=false', 'run no init process'],
  name: ['--name <id>', 'the same as --id'],
  id: ['--id <id>', 'name the run (default: a random id)'],
  pull: ['--pull <missing|always|never>', 'when to pull the image (default: missing)'],
  hardened: ['--hardened', 'the profile for untrusted code: no network, read-only, not root'],
  timeout: ['--timeout <duration>', 'end the run after this time, such as 500ms, 5s, 2m; exit code 124'],
  stopSignal: ['--stop-signal <signal>', "asks the program to end (default: the image's, else SIGTERM)"],
  stopTimeout: [
    '--stop-timeout <duration>',
    'how long the program may take to end then, such as 10s (default: it is killed)',
  ],
  copyIn: ['--copy-in <host:container>', 'copy a file or a folder in before the start (repeatable)', collect],
  copyOut: ['--copy-out <container:host>', 'copy a file or a folder out after the end (repeatable)', collect],
  maxArtifacts: ['--max-artifacts <size>', 'maximum size of all that is copied out (default: 64m)'],
  artifactsTimeout: ['--artifacts-timeout <duration>', 'how long copying out may take (default: 10s)'],
  retries: [
    '--retries <number>',
    'run again, at most so often, what failed for a reason that may pass; never for an exit code',
  ],
}

/** Adds IMAGE, COMMAND and every option that describes a task. */
export function addTaskOptions(command: Command, image = 'the image to run'): Command {
  addImageAndCommand(command, image)
  // As in docker run, -h is the host name.
  command.helpOption('--help', 'show help')
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

/** Reads `--stop-timeout`, in ms. */
export function readStopTimeout({ stopTimeout }: Pick<TaskOptions, 'stopTimeout'>): number | undefined {
  return stopTimeout === undefined ? undefined : readDuration('--stop-timeout', stopTimeout)
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
    network: options.network ?? options.net,
    entrypoint: options.entrypoint === undefined ? undefined : options.entrypoint === '' ? null : [options.entrypoint],
    labels: options.label || options.labelFile ? readLabels(options.labelFile ?? [], options.label ?? []) : undefined,
    platform: options.platform,
    gpus: options.gpus === undefined ? undefined : readGpus(options.gpus),
    runtime: options.runtime,
    shmSize: options.shmSize,
    extraHosts: options.addHost && Object.fromEntries(options.addHost.map(readHost)),
    dns: options.dns,
    tmpfs: options.tmpfs && Object.fromEntries(options.tmpfs.map(readTmpfs)),
    hostname: options.hostname,
    init: options['init=false'] ? false : options.init,
    capAdd: options.capAdd,
    capDrop: options.capDrop,
    tmpFsSize: options.tmpfsSize === undefined ? undefined : readCount('--tmpfs-size', options.tmpfsSize),
    pull: options.pull === undefined ? undefined : readPull(options.pull),
    profile: options.hardened ? 'hardened' : undefined,
    files: options.copyIn === undefined ? undefined : Object.fromEntries(options.copyIn.map(readCopyIn)),
    artifacts: options.copyOut?.map(text => readCopyOut(text).container),
    maxArtifacts: options.maxArtifacts,
    artifactsTimeout:
      options.artifactsTimeout === undefined
        ? undefined
        : readDuration('--artifacts-timeout', options.artifactsTimeout),
    timeout: options.timeout === undefined ? undefined : readDuration('--timeout', options.timeout),
    stopSignal: options.stopSignal,
    stopGrace: readStopTimeout(options),
    retry: options.retries === undefined ? undefined : readRetries(options.retries),
  }
}
