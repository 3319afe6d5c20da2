import type { Driver } from '../../index.ts'
import { createDockerDriver, createProcessDriver } from '../../index.ts'
import type { Inspect } from '../../utils/actors/inspectable.ts'
import type { Stdio } from '../output/stdio.ts'
import { UsageError } from '../usage-error.ts'

/** The driver that `--driver` names. The process driver is never chosen silently, nor used so. */
export async function openDriver(name: string, stdio: Stdio, quiet: boolean, inspect?: Inspect): Promise<Driver> {
  if (name === 'docker') return createDockerDriver({}, { inspect })
  if (name !== 'process') throw new UsageError(`--driver: "${name}" is not one of docker, process`)
  if (!quiet) {
    stdio.note('cookietin: the process driver runs the command on this machine as you, without any isolation')
  }
  return createProcessDriver()
}
