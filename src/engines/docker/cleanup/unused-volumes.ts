import { CookietinError } from '../../../errors.ts'
import type { Api } from '../connection/api.ts'
import { volumeLabel } from '../create-options/identity.ts'

/** A volume that a task named, which no container uses. */
export interface UnusedVolume {
  readonly volume: string
  readonly removed: boolean
  /** Why it could not be removed. */
  readonly error?: CookietinError
}

/** How unused volumes are removed. */
export interface RemoveVolumesOptions {
  /** ms for each call. */
  readonly deadline: number
  /** Only lists the volumes. */
  readonly dryRun: boolean
  /** Once aborted, the remaining volumes are only listed. */
  readonly signal: AbortSignal | undefined
}

/** Removes the named volumes that runs of cookietin have made and that no container uses. Their content is lost. */
export async function removeUnusedVolumes(
  api: Api,
  { deadline, dryRun, signal }: RemoveVolumesOptions,
): Promise<readonly UnusedVolume[]> {
  const { body } = await api.request({
    doing: 'list volumes',
    method: 'GET',
    path: '/volumes',
    query: { filters: JSON.stringify({ label: [volumeLabel], dangling: ['true'] }) },
    deadline,
    signal,
  })
  const { Volumes } = (body ?? {}) as { readonly Volumes?: unknown }
  const volumes: UnusedVolume[] = []
  for (const { Name: volume } of Array.isArray(Volumes) ? (Volumes as readonly { readonly Name?: unknown }[]) : []) {
    if (typeof volume !== 'string') continue
    volumes.push(dryRun || signal?.aborted ? { volume, removed: false } : await remove(api, volume, deadline))
  }
  return volumes
}

async function remove(api: Api, volume: string, deadline: number): Promise<UnusedVolume> {
  const path = `/volumes/${encodeURIComponent(volume)}`
  try {
    await api.request({ doing: `remove volume ${volume}`, method: 'DELETE', path, deadline })
    return { volume, removed: true }
  } catch (error) {
    return error instanceof CookietinError ? { volume, removed: false, error } : { volume, removed: false }
  }
}
