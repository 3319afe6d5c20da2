import { existsSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { InvalidInputError } from '../../../../errors.ts'
import type { Api } from '../../connection/api.ts'
import type { Endpoint } from '../../connection/endpoint.ts'
import { controllers } from './counters.ts'
import { type CgroupMounts, type Controller, parseMounts } from './mounts.ts'

/** The fields of an engine's `/info` that tell whether its control groups are those of this machine, and who makes them. */
export interface CgroupInfo {
  readonly CgroupVersion?: string
  readonly KernelVersion?: string
  readonly DefaultRuntime?: string | undefined
}

/** The mount points, or why there are none to use. */
export type FoundMounts =
  | { readonly mounts: CgroupMounts; readonly why?: undefined }
  | { readonly mounts?: undefined; readonly why: string }

/**
 * Finds the mount points of the control groups of an engine's containers.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, with the reason, when they cannot be read.
 */
export async function cgroupMounts(api: Api, endpoint: Endpoint, deadline: number): Promise<CgroupMounts> {
  const { mounts, why } = await findMounts(endpoint, controllers, () => askInfo(api, deadline))
  if (mounts !== undefined) return mounts
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', [
    { field: 'sampler', value: "'cgroup'", allowed: `'engine' here: ${why}` },
  ])
}

/** Asks an engine for what {@link findMounts} needs. */
export async function askInfo(api: Api, deadline: number): Promise<CgroupInfo> {
  const { body } = await api.request({ doing: 'ask for the engine info', method: 'GET', path: '/info', deadline })
  return (body ?? {}) as CgroupInfo
}

/** Finds the mount points of `needed` controllers. `info` is called only for an engine that may be on this machine. */
export async function findMounts(
  endpoint: Endpoint,
  needed: readonly Controller[],
  info: () => Promise<CgroupInfo>,
): Promise<FoundMounts> {
  if (endpoint.at.kind !== 'unix') return { why: `the engine at ${endpoint.url} may be on another machine` }
  if (process.platform !== 'linux') return { why: `${process.platform} has no control groups` }
  const { CgroupVersion: version = '1', KernelVersion: kernel } = await info()
  // A socket may lead to a virtual machine or through a tunnel.
  if (kernel !== release()) {
    return { why: `the engine runs on another machine: its kernel is ${kernel}, that of this machine ${release()}` }
  }
  const mounts = version === '1' || version === '2' ? parsedMounts(version === '1' ? 1 : 2, needed) : undefined
  if (mounts === undefined) return { why: `no control groups of version ${version} are mounted on this machine` }
  const hidden = needed.map(controller => mounts.folder(controller, '/')).find(path => path && !existsSync(path))
  return hidden === undefined ? { mounts } : { why: `${hidden} cannot be read` }
}

function parsedMounts(version: 1 | 2, needed: readonly Controller[]): CgroupMounts | undefined {
  return parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'), version, needed)
}
