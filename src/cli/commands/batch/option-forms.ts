import { resolve } from 'node:path'
import { readCpus, readDuration, readVolume } from '../../options/values.ts'
import { UsageError } from '../../usage-error.ts'

/** From here up, a number of CPUs is taken for the milli-CPUs of the library. */
const improbableCpus = 100

/**
 * Reads the fields of a task that the options of `run` write in a form of their own: volumes, CPUs and the timeout. Other
 * values are left to the library's validation.
 *
 * @throws UsageError for a value that is none of these forms.
 */
export function withOptionForms(task: object): object {
  const { volumes, cpus, timeout } = task as Record<string, unknown>
  return {
    ...task,
    ...(Array.isArray(volumes) && { volumes: volumes.map(volumeOf) }),
    ...((typeof cpus === 'number' || typeof cpus === 'string') && { cpus: milliCpus(cpus) }),
    ...(typeof timeout === 'string' && { timeout: readDuration('timeout', timeout) }),
  }
}

function volumeOf(volume: unknown, index: number): unknown {
  const field = `volumes[${index}]`
  if (typeof volume === 'string') return readVolume(field, volume)
  if (!Array.isArray(volume) || typeof volume[0] !== 'string') return volume
  const [host, ...rest] = volume as [string, ...unknown[]]
  return [/^\.\.?(\/|$)/.test(host) ? resolve(host) : host, ...rest]
}

function milliCpus(cpus: number | string): number {
  if (Number(cpus) >= improbableCpus) {
    throw new UsageError(
      `cpus: ${cpus} is a number of CPUs here, as with --cpus; write ${Number(cpus) / 1_000} for ${cpus} milli-CPUs`,
    )
  }
  return readCpus('cpus', String(cpus))
}
