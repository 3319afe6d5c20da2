import { resolve } from 'node:path'
import { isRecord } from '../../utils/validation/issues.ts'
import { UsageError } from '../usage-error.ts'
import { readVolume } from './engine-options.ts'
import { readCpus, readDuration } from './values.ts'

/** From here up, a number of CPUs is taken for the milli-CPUs of the library. */
const improbableCpus = 100

const durations = ['timeout', 'stopGrace', 'artifactsTimeout', 'launchTimeout', 'idleTimeout', 'freezeAfter']

/**
 * Reads the fields of a task or a function in a file that the options write in a form of their own: volumes, CPUs and
 * durations. Other values are left to the library's validation.
 *
 * @throws UsageError for a value that is none of these forms.
 */
export function withOptionForms(task: object): object {
  return Object.fromEntries(Object.entries(task).map(([name, value]) => [name, read(name, value)]))
}

function read(name: string, value: unknown): unknown {
  if (name === 'volumes' && Array.isArray(value)) return value.map(volumeOf)
  if (name === 'files' && isRecord(value)) return Object.fromEntries(Object.entries(value).map(fileOf))
  if (name === 'cpus' && (typeof value === 'number' || typeof value === 'string')) return milliCpus(value)
  if (durations.includes(name) && typeof value === 'string') return readDuration(name, value)
  return value
}

function volumeOf(volume: unknown, index: number): unknown {
  const field = `volumes[${index}]`
  if (typeof volume === 'string') return readVolume(field, volume)
  if (!Array.isArray(volume) || typeof volume[0] !== 'string') return volume
  const [host, ...rest] = volume as [string, ...unknown[]]
  return [/^\.\.?(\/|$)/.test(host) ? resolve(host) : host, ...rest]
}

/** JSON has no bytes: they are given as base64. */
function fileOf([path, file]: [string, unknown]): [string, unknown] {
  if (!isRecord(file) || !('base64' in file)) return [path, file]
  const { base64, ...rest } = file
  if (typeof base64 !== 'string' || !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(base64))
    throw new UsageError(`files[${JSON.stringify(path)}].base64: it must be a string of base64`)
  return [path, { ...rest, content: Buffer.from(base64, 'base64') }]
}

function milliCpus(cpus: number | string): number {
  if (Number(cpus) >= improbableCpus) {
    throw new UsageError(
      `cpus: ${cpus} is a number of CPUs here, as with --cpus; write ${Number(cpus) / 1_000} for ${cpus} milli-CPUs`,
    )
  }
  return readCpus('cpus', String(cpus))
}
