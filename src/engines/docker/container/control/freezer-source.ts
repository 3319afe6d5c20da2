import { accessSync, constants } from 'node:fs'
import { InvalidInputError, messageOf } from '../../../../errors.ts'
import { readText } from '../../../../utils/read-text.ts'
import type { ResolvedDockerConfig } from '../../config/config.ts'
import type { Connection } from '../../connection/connect.ts'
import type { Endpoint } from '../../connection/endpoint.ts'
import { compareVersions } from '../../connection/versions.ts'
import type { FreezerFile, FreezerSource, FreezerTarget } from '../../engine-context.ts'
import { askInfo, type CgroupInfo, type FoundMounts, findMounts } from '../../sampling/cgroup/available.ts'
import { findGroup } from '../../sampling/cgroup/find-group.ts'
import { type CgroupMounts, parseMounts } from '../../sampling/cgroup/mounts.ts'
import { freezerFile } from './freezer-file.ts'

/** What of a connection tells who may freeze its containers. */
export type FreezerEngine = Pick<Connection, 'endpoint' | 'podman' | 'runc'>

/** The config's own runtimes behave alike under any name, so only these are known. */
const fitRuntimes = ['runc', 'crun']
/** From this version on, runc's kill thaws a container that is frozen on cgroup v1 (opencontainers/runc#3217). */
const oldestRunc = '1.1.0'

/**
 * Finds out who freezes the containers of an engine: for `'auto'` at the first freeze.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, with the reason, when the config insists on the file and it cannot be used.
 */
export async function openFreezer(
  connection: FreezerEngine & Pick<Connection, 'api'>,
  { freezer, engineTimeout }: Pick<ResolvedDockerConfig, 'freezer' | 'engineTimeout'>,
): Promise<FreezerSource> {
  const info = () => askInfo(connection.api, engineTimeout)
  if (freezer === 'engine') return new Freezers(undefined)
  if (freezer === 'auto') return new Freezers(() => fitFreezer(connection, info))
  const found = await findFreezer(connection.endpoint, info)
  if (found.mounts === undefined) {
    const issue = { field: 'freezer', value: "'cgroup'", allowed: `'engine' or 'auto' here: ${found.why}` }
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', [issue])
  }
  return new Freezers(async () => found, { anyRuntime: true })
}

/** Finds the mount point of the freezer's files where `'auto'` uses them, or why it does not. */
export async function fitFreezer(
  { endpoint, podman, runc }: FreezerEngine,
  info: () => Promise<CgroupInfo>,
): Promise<FoundMounts> {
  let runtime = ''
  const found = await findFreezer(endpoint, async () => {
    const known = await info()
    runtime = known.DefaultRuntime ?? ''
    return known
  })
  if (found.mounts === undefined) return found
  if (podman) return { why: 'the engine is Podman' }
  if (!fitRuntimes.includes(runtime)) return { why: `the engine's runtime is ${runtime || 'not known'}` }
  if (found.mounts.version === 2) return found
  // With an older one, `docker kill` and `docker rm -f` of a container that is frozen by its file would hang.
  const isNew = runtime === 'runc' && compareVersions(runc ?? '0', oldestRunc) >= 0
  return isNew
    ? found
    : { why: `with cgroup v1 it takes runc ${oldestRunc} or later, and here it is ${runc ?? runtime}` }
}

/** Finds the mount point of the freezer's files, or why they cannot be used. */
async function findFreezer(endpoint: Endpoint, info: () => Promise<CgroupInfo>): Promise<FoundMounts> {
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
 * Kills and thaws a container by its control group's file, in both versions. For one whose owner may have frozen it: its removal could hang.
 * Never rejects: where it cannot be done, the removal reports it.
 */
export async function killGroup(id: string, findPid: () => Promise<number | undefined>): Promise<void> {
  for (const file of await filesOf(id, findPid)) file.kill()
}

/**
 * Thaws a container by its control group's file, in both versions. For one that another process may have frozen.
 *
 * @throws the system's error, where a frozen group's file may not be written.
 */
export async function thawGroup(id: string, findPid: () => Promise<number | undefined>): Promise<void> {
  for (const file of await filesOf(id, findPid)) {
    const state = file.state()
    if (state === 'frozen' || state === 'changing') file.set('thawed')
  }
}

/** The files of a container, in both versions. */
async function filesOf(id: string, findPid: () => Promise<number | undefined>): Promise<readonly FreezerFile[]> {
  const mountinfo = readText('/proc/self/mountinfo') ?? ''
  const mounts = ([1, 2] as const).map(version => parseMounts(mountinfo, version, ['freezer']))
  const files = await Promise.all(mounts.map(mounts => mounts && fileOf(mounts, id, findPid)))
  return files.filter(file => file !== undefined)
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
  readonly #open: (() => Promise<FoundMounts>) | undefined
  readonly #anyRuntime: boolean
  #found: Promise<FoundMounts> | undefined
  #refusal: string | undefined

  constructor(open: (() => Promise<FoundMounts>) | undefined, { anyRuntime = false } = {}) {
    this.#open = open
    this.#anyRuntime = anyRuntime
  }

  get mayUseFiles(): boolean {
    return this.#open !== undefined && this.#refusal === undefined
  }

  async find({ id, runtime, findPid }: FreezerTarget): ReturnType<FreezerSource['find']> {
    if (this.#open === undefined) return {}
    if (this.#refusal !== undefined) return { why: this.#refusal }
    if (runtime !== undefined && !this.#anyRuntime && !fitRuntimes.includes(runtime)) {
      return { why: `its runtime is ${runtime}` }
    }
    this.#found ??= this.#open().catch(error => {
      // The next freeze asks again.
      this.#found = undefined
      return { why: messageOf(error) }
    })
    const { mounts, why } = await this.#found
    if (mounts === undefined) return { why }
    const file = await fileOf(mounts, id, findPid)
    return file === undefined ? { why: 'its control group is not found on this machine' } : { file }
  }

  refuse(why: string): void {
    this.#refusal ??= why
  }
}

/** The reason of a refused write, in a few words. */
export const refusal = (error: unknown): string => `its control group's file refuses a write (${messageOf(error)})`
