import type { Command } from 'commander'
import type { Driver } from '../../driver/driver.ts'
import type { Inspect } from '../../utils/actors/inspectable.ts'
import { unlessInterrupted } from '../interruption.ts'
import type { Stdio } from '../output/stdio.ts'
import { UsageError } from '../usage-error.ts'
import type { CliDriver } from './cli-driver.ts'

/** The drivers that `--driver` names. The first is the default: the others are never chosen silently. */
const drivers = {
  docker: async () => (await import('./docker.ts')).docker,
  process: async () => (await import('./process.ts')).processes,
  cluster: async () => (await import('./cluster.ts')).cluster,
} satisfies Record<string, () => Promise<CliDriver>>

/** The name of a driver. */
export type DriverName = keyof typeof drivers

const names = Object.keys(drivers) as [DriverName, ...DriverName[]]

/** The option `--driver`, as commander parses it. */
export interface DriverOption {
  readonly driver: DriverName
}

/** Adds `--driver`. */
export const addDriverOption = (
  command: Command,
  help = 'where to run; process: on this machine, without isolation; cluster: on the hosts of COOKIETIN_CLUSTER',
): Command => command.option(`--driver <${names.join('|')}>`, help, readDriver, names[0])

function readDriver(text: string): DriverName {
  const name = names.find(known => known === text)
  if (name === undefined) throw new UsageError(`--driver: "${text}" is not one of ${names.join(', ')}`)
  return name
}

/** Loads the driver of a name. */
export const driverOf = (name: DriverName): Promise<CliDriver> => drivers[name]()

/** How a driver is opened. */
export interface OpenOptions {
  readonly stdio: Stdio
  /** The driver's warning is not printed. */
  readonly quiet?: boolean | undefined
  readonly inspect?: Inspect | undefined
  /** Of the command's interrupts. */
  readonly signal: AbortSignal
}

/**
 * Opens a driver, and prints its warning unless `quiet`.
 *
 * @throws Interruption when the command is interrupted meanwhile.
 */
export async function openDriver(
  name: DriverName,
  { stdio, quiet = false, inspect, signal }: OpenOptions,
): Promise<Driver> {
  const { open, warning } = await driverOf(name)
  if (warning !== undefined && !quiet) stdio.note(`cookietin: ${warning}`)
  return await unlessInterrupted(open(inspect), signal)
}

/** How to get samples of a run that was too short for one. Without a name: a run of the default driver. */
export async function samplingHint(name: DriverName = names[0]): Promise<string | undefined> {
  return (await driverOf(name)).samplingHint?.()
}
