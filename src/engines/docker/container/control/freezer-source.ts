import { accessSync, constants } from 'node:fs'
import { InvalidInputError, messageOf } from '../../../../errors.ts'
import { readText } from '../../../../utils/read-text.ts'
import type { ResolvedDockerConfig } from '../../config/config.ts'
import type { Api } from '../../connection/api.ts'
import type { Endpoint } from '../../connection/endpoint.ts'
import type { FreezerFile, FreezerSource } from '../../engine-context.ts'
import { askInfo, type CgroupInfo, type FoundMounts, findMounts } from '../../sampling/cgroup/available.ts'
import { findGroup } from '../../sampling/cgroup/find-group.ts'
import { type CgroupMounts, parseMounts } from '../../sampling/cgroup/mounts.ts'
import { freezerFile } from './freezer-file.ts'

type FreezerConfig = Pick<ResolvedDockerConfig, 'freezer' | 'engineTimeout'>

/**
 * Finds out who freezes the containers of an engine.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, with the reason, when the config insists on the file and it cannot be used.
 */
export async function openFreezer(
  { api, endpoint }: { readonly api: Api; readonly endpoint: Endpoint },
  { freezer, engineTimeout }: FreezerConfig,
): Promise<FreezerSource> {
  if (freezer === 'engine') return new Freezers({ why: '' })
  const found = await findFreezer(endpoint, () => askInfo(api, engineTimeout))
  if (freezer === 'cgroup' && found.why !== undefined) {
    const issue = { field: 'freezer', value: "'cgroup'", allowed: `'engine' or 'auto' here: ${found.why}` }
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', [issue])
  }
  return new Freezers(found)
}

/** Finds the mount point of the freezer's files, or why they cannot be used. */
export async function findFreezer(endpoint: Endpoint, info: () => Promise<CgroupInfo>): Promise<FoundMounts> {
  const found = await findMounts(endpoint, ['freezer'], info)
  const folder = found.mounts?.folder('freezer', '/')
  if (folder === undefined) return found
  try {
    accessSync(folder, constants.W_OK)
    return found
  } catch {
    return { why: `this process may not write in ${folder}` }
  }
}

/**
 * Thaws a container by its control group's file, in both versions. For one whose owner may have frozen it: on cgroup v1 its removal would
 * hang. Never rejects: where it cannot be thawed, the removal reports it.
 */
export async function thawGroup(id: string, findPid: () => Promise<number | undefined>): Promise<void> {
  const mountinfo = readText('/proc/self/mountinfo') ?? ''
  for (const version of [1, 2] as const) {
    const mounts = parseMounts(mountinfo, version, ['freezer'])
    const file = mounts && (await fileOf(mounts, id, findPid))
    try {
      file?.set('thawed')
    } catch {}
  }
}

async function fileOf(
  mounts: CgroupMounts,
  id: string,
  findPid: () => Promise<number | undefined>,
): Promise<FreezerFile | undefined> {
  const folders = await findGroup({ mounts, needed: ['freezer'], id, findPid: () => findPid().catch(() => undefined) })
  const folder = folders?.get('freezer')
  return folder === undefined ? undefined : freezerFile(folder, mounts.version)
}

class Freezers implements FreezerSource {
  #mounts: CgroupMounts | undefined
  #why: string | undefined

  constructor({ mounts, why }: FoundMounts) {
    this.#mounts = mounts
    this.#why = why || undefined
  }

  get kind(): 'engine' | 'cgroup' {
    return this.#mounts === undefined ? 'engine' : 'cgroup'
  }

  get why(): string | undefined {
    return this.#why
  }

  async find(id: string, findPid: () => Promise<number | undefined>): Promise<FreezerFile | undefined> {
    return this.#mounts && (await fileOf(this.#mounts, id, findPid))
  }

  refuse(why: string): void {
    this.#mounts = undefined
    this.#why ??= why
  }
}

/** The reason of a refused write, in a few words. */
export const refusal = (error: unknown): string => `its control group's file refuses a write (${messageOf(error)})`
