import type { Driver } from '../../driver/driver.ts'
import type { Inspect } from '../../utils/actors/inspectable.ts'

/** A driver, as the command line uses it. */
export interface CliDriver {
  /** Printed before a run, unless it is quiet. */
  readonly warning?: string
  open(inspect: Inspect | undefined): Promise<Driver>
  /** Removes what dead processes left; `cookietin gc`. */
  removeOrphans(options: RemoveOrphansOptions): Promise<OrphanReport>
  /** How to get samples of a short run, if it can be done. */
  samplingHint?(): string | undefined
}

export interface RemoveOrphansOptions {
  /** Only lists them. */
  readonly dryRun: boolean
  /** Only those of this owner. */
  readonly owner: string | undefined
  /** Removes named volumes that no container uses, too. */
  readonly volumes: boolean
  readonly signal: AbortSignal
}

/** The result of `cookietin gc`. */
export interface OrphanReport {
  readonly orphans: readonly ReportedOrphan[]
  /** The last line of the text. */
  readonly summary: string | undefined
}

/** A container, folder or process that a dead process left. */
export interface ReportedOrphan {
  readonly removed: boolean
  /** Its row in the table. */
  readonly cells: readonly string[]
  readonly json: object
}
