import { createProcessDriver } from '../../driver/create-driver.ts'
import { reapProcesses } from '../../engines/process/orphans.ts'
import { printable } from '../output/printable.ts'
import { UsageError } from '../usage-error.ts'
import type { CliDriver } from './cli-driver.ts'

export const processes: CliDriver = {
  warning: 'the process driver runs the command on this machine as you, without any isolation',
  open: () => createProcessDriver(),
  async removeOrphans({ dryRun, owner, volumes }) {
    if (volumes) throw new UsageError('--volumes: the process driver has no volumes')
    const orphans = reapProcesses({ dryRun, owner }).map(({ pid, command, owner, removed }) => ({
      removed,
      cells: [removed ? 'ended' : dryRun ? 'would end' : 'left', String(pid), printable(command)],
      json: { pid, command, owner, removed },
    }))
    return { orphans, summary: orphans.length === 0 ? 'No process of a dead process was found.' : undefined }
  },
}
