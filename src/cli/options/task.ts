import { resolve } from 'node:path'
import type { ContainerTask, Volume } from '../../task/task.ts'
import { UsageError } from '../usage-error.ts'
import { parseDuration } from './duration.ts'
import { readEnv } from './env.ts'

/** The options of `cookietin run` that say what to run, as commander gives them. */
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
  readonly id?: string
  readonly name?: string
  readonly pull?: string
  readonly hardened?: boolean
  readonly timeout?: string
}

/** The task that the options describe. What a task may hold is checked later, by the library; here only what the command line adds. */
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

export function readCount(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`${option}: "${text}" is not a whole number`)
  return Number(text)
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
  // Too small to count must not become none.
  return Math.ceil(Number(text) * 1_000)
}

function readVolume(text: string): Volume {
  const [host, container, mode, ...more] = text.split(':')
  if (!host || !container || more.length > 0 || (mode !== undefined && mode !== 'ro' && mode !== 'rw')) {
    throw new UsageError(`--volume: "${text}" is not HOST:CONTAINER or HOST:CONTAINER:ro`)
  }
  if (!/^[./]/.test(host)) {
    throw new UsageError(`--volume: "${host}" would be a named volume; give a folder, as /abs/path or ./path`)
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
    throw new UsageError(
      `--network: "${text}" is not offered here, only none and default; to join another one set COOKIETIN_DOCKER_NETWORKS=${text}`,
    )
  }
  return text === 'none'
}

function readPull(text: string): 'missing' | 'always' | 'never' {
  if (text !== 'missing' && text !== 'always' && text !== 'never') {
    throw new UsageError(`--pull: "${text}" is not one of missing, always, never`)
  }
  return text
}
