import { type Orphan, reapOrphans } from '../../engines/docker/cleanup/orphans.ts'
import { removeUnusedVolumes, type UnusedVolume } from '../../engines/docker/cleanup/unused-volumes.ts'
import { type SweptFolder, sweepSocketFolders } from '../../functions/socket/sweep.ts'
import { printable } from '../output/printable.ts'
import { errorJson } from '../output/result-json.ts'
import type { OrphanReport, RemoveOrphansOptions, ReportedOrphan } from './cli-driver.ts'
import { withDocker } from './docker-access.ts'

/** Removes what killed processes left on the engine. */
export async function removeOrphans({
  dryRun,
  owner,
  volumes: withVolumes,
  signal,
}: RemoveOrphansOptions): Promise<OrphanReport> {
  // A driver removes orphans when it starts, but cannot only list them.
  const { containers, volumes, parent } = await withDocker(signal, async docker => {
    const { engineTimeout: deadline, socketFolder } = docker.config
    const containers: readonly Orphan[] = await reapOrphans(docker, { dryRun, owner, signal })
    // After the containers, which may use them.
    const volumes: readonly UnusedVolume[] = withVolumes
      ? await removeUnusedVolumes(docker.api, { deadline, dryRun, signal })
      : []
    return { containers, volumes, parent: socketFolder }
  })
  // After the containers, which may use them.
  const folders = await sweepSocketFolders({ dryRun, parent }).catch(() => [])
  const outcome = (removed: boolean) => (removed ? 'removed' : dryRun ? 'would remove' : 'left')
  return {
    orphans: [
      ...containers.map(container => containerReport(container, outcome(container.removed))),
      ...volumes.map(volume => volumeReport(volume, outcome(volume.removed))),
      ...folders.map(folder => folderReport(folder, outcome(folder.removed))),
    ],
    summary: summaryOf(containers, dryRun),
  }
}

const containerReport = ({ error, ...container }: Orphan, outcome: string): ReportedOrphan => ({
  removed: container.removed,
  cells: [
    outcome,
    printable(container.name),
    printable(container.state),
    error === undefined ? '' : printable(error.message),
  ],
  json: { ...container, error: errorJson(error) },
})

const folderReport = (folder: SweptFolder, outcome: string): ReportedOrphan => ({
  removed: folder.removed,
  cells: [outcome, printable(folder.path), 'folder', ''],
  json: folder,
})

const volumeReport = ({ error, ...volume }: UnusedVolume, outcome: string): ReportedOrphan => ({
  removed: volume.removed,
  cells: [outcome, printable(volume.volume), 'volume', error === undefined ? '' : printable(error.message)],
  json: { ...volume, error: errorJson(error) },
})

function summaryOf(containers: readonly Orphan[], dryRun: boolean): string {
  if (containers.length === 0) return 'No container of a dead process was found.'
  const count = (n: number) => `${n} ${n === 1 ? 'container' : 'containers'}`
  if (dryRun) return `${count(containers.length)} would be removed.`
  const removed = containers.filter(container => container.removed).length
  return `${count(removed)} removed${removed === containers.length ? '' : `, ${containers.length - removed} left`}.`
}
