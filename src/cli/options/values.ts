import { resolve } from 'node:path'
import { isNetworkName } from '../../engines/docker/config/config.ts'
import type { ContainerTask, Volume } from '../../task/task.ts'
import { UsageError } from '../usage-error.ts'
import { hasUnit, parseDuration } from './duration.ts'

/** Reads the duration that an option was given, in ms. */
export function readDuration(option: string, text: string): number {
  if (!hasUnit(text)) {
    throw new UsageError(`${option}: "${text}" has no unit; write ${text}s for seconds, or ${text}ms for milliseconds`)
  }
  const duration = parseDuration(text)
  if (duration === undefined) {
    throw new UsageError(`${option}: "${text}" is not a duration; write 500ms, 5s, 2m or 1h30m`)
  }
  return duration
}

/** Reads a number of CPUs as the milli-CPUs of a task. */
export function readCpus(option: string, text: string): number {
  if (!/^(\d+(\.\d*)?|\.\d+)$/.test(text)) {
    throw new UsageError(`${option}: "${text}" is not a number of CPUs, such as 2 or 0.5`)
  }
  // Rounded up: 0 would mean no limit.
  return Math.ceil(Number(text) * 1_000)
}

/** Reads `HOST:CONTAINER[:ro]`. A relative path of the host is resolved. */
export function readVolume(option: string, text: string): Volume {
  const [host, container, mode, ...more] = text.split(':')
  if (!host || !container || more.length > 0 || (mode !== undefined && mode !== 'ro' && mode !== 'rw')) {
    throw new UsageError(`${option}: "${text}" is not HOST:CONTAINER or HOST:CONTAINER:ro`)
  }
  if (!/^[./]/.test(host)) {
    throw new UsageError(`${option}: "${host}" would be a named volume; use a folder, such as /abs/path or ./path`)
  }
  return [resolve(host), container, mode ?? 'rw']
}

/** Reads `NAME=NUMBER`. */
export function readUlimit(text: string): [name: string, value: number] {
  const [, name, soft, hard = soft] = /^([a-z]+)=(\d+)(?::(\d+))?$/.exec(text) ?? []
  if (name === undefined || soft === undefined) {
    throw new UsageError(`--ulimit: "${text}" is not NAME=NUMBER, such as nofile=1024`)
  }
  if (hard !== soft) throw new UsageError(`--ulimit: "${text}" has two limits; soft and hard are the same here`)
  return [name, Number(soft)]
}

/** Reads whether the network is disabled. */
export function readNetwork(text: string): boolean {
  if (text !== 'none' && text !== 'default') {
    const allow = isNetworkName(text) ? '' : ' and COOKIETIN_ALLOW=namespaces, which gives the isolation up'
    throw new UsageError(
      `--network: "${text}" is not one of none, default; to join another network, set COOKIETIN_DOCKER_NETWORKS=${text}${allow}`,
    )
  }
  return text === 'none'
}

/** Reads when to pull. */
export function readPull(text: string): NonNullable<ContainerTask['pull']> {
  if (text !== 'missing' && text !== 'always' && text !== 'never') {
    throw new UsageError(`--pull: "${text}" is not one of missing, always, never`)
  }
  return text
}
