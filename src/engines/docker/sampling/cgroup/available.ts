import { existsSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { InvalidInputError } from '../../../../errors.ts'
import type { Api } from '../../connection/api.ts'
import type { Endpoint } from '../../connection/endpoint.ts'
import { controllers } from './counters.ts'
import { type CgroupMounts, parseMounts } from './mounts.ts'

interface EngineInfo {
  readonly CgroupVersion?: string
  readonly KernelVersion?: string
}

/**
 * Finds the mount points of the control groups of an engine's containers.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, with the reason, when they cannot be read.
 */
export async function cgroupMounts(api: Api, endpoint: Endpoint, deadline: number): Promise<CgroupMounts> {
  if (endpoint.at.kind !== 'unix') throw unavailable(`the engine at ${endpoint.url} may be on another machine`)
  if (process.platform !== 'linux') throw unavailable(`${process.platform} has no control groups`)
  const { body } = await api.request({ doing: 'ask for the engine info', method: 'GET', path: '/info', deadline })
  const { CgroupVersion: version = '1', KernelVersion: kernel } = (body ?? {}) as EngineInfo
  // A socket may lead to a virtual machine or through a tunnel.
  if (kernel !== release()) {
    throw unavailable(`the engine runs on another machine: its kernel is ${kernel}, that of this machine ${release()}`)
  }
  const mounts = version === '1' || version === '2' ? parsedMounts(version === '1' ? 1 : 2) : undefined
  if (mounts === undefined) throw unavailable(`no control groups of version ${version} are mounted on this machine`)
  const hidden = controllers.map(controller => mounts.folder(controller, '/')).find(path => path && !existsSync(path))
  if (hidden !== undefined) throw unavailable(`${hidden} cannot be read`)
  return mounts
}

function parsedMounts(version: 1 | 2): CgroupMounts | undefined {
  return parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'), version)
}

function unavailable(why: string): InvalidInputError {
  return new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', [
    { field: 'sampler', value: "'cgroup'", allowed: `'engine' here: ${why}` },
  ])
}
