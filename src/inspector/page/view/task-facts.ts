import { plainText } from '../../search/plain-text.ts'
import { bytes, duration } from './format.ts'

/** A fact of a task: its name, and its lines. */
export type Fact = readonly [name: string, lines: readonly string[]]

type Fields = Readonly<Record<string, unknown>>

const titles: Readonly<Record<string, string>> = {
  container: 'Container',
  containerId: 'Container id',
  image: 'Image',
  imageDigest: 'Image digest',
  platform: 'Platform',
  entrypoint: 'Entrypoint',
  command: 'Command',
  workDir: 'Working directory',
  user: 'User',
  profile: 'Profile',
  runtime: 'Runtime',
  labels: 'Labels',
  limits: 'Limits',
  mounts: 'Mounts',
  network: 'Network',
  hostname: 'Host name',
  dns: 'DNS',
  extraHosts: 'Hosts',
  capAdd: 'Added capabilities',
  capDrop: 'Dropped capabilities',
  stopSignal: 'Stop signal',
  files: 'Files',
  artifacts: 'Artifacts',
}

/** A digest with its first twelve digits, as `docker images` shows it; any other text as it is. */
export const shortDigest = (text: string): string => text.replace(/^(.*\bsha256:[0-9a-f]{12})[0-9a-f]+$/, '$1…')

/** The facts that a task has, in a fixed order. Fields without a value are left out. */
export function factsOf(task: Fields): Fact[] {
  return Object.entries(titles)
    .map(([field, title]): Fact => [title, linesOf(field, task[field])])
    .filter(([, lines]) => lines.length > 0)
}

function linesOf(field: string, value: unknown): string[] {
  if (field === 'limits') return Object.entries(fieldsOf(value)).flatMap(limitOf)
  if (field === 'mounts') return Object.values(fieldsOf(value)).flatMap(mounts => listOf(mounts).map(mountOf))
  if (field === 'command' || field === 'entrypoint')
    return Array.isArray(value) && value.length > 0 ? [commandOf(value)] : []
  if (Array.isArray(value)) return value.map(textOf)
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).map(([name, entry]) => `${name}=${textOf(entry)}`)
  return value === undefined || value === null ? [] : [textOf(value)]
}

/** A limit in words; none where the task sets none. */
function limitOf([name, value]: readonly [string, unknown]): string[] {
  if (name === 'ulimits') return Object.entries(fieldsOf(value)).map(([limit, set]) => `${limit} ${plainText(set)}`)
  if (value === 'all') return [`${name} all`]
  if (typeof value !== 'number' || value === 0) return []
  switch (name) {
    case 'memory':
    case 'shmSize':
      return [`${name} ${bytes(value)}`]
    case 'fsSize':
    case 'tmpFsSize':
      return [`${name} ${value} MB`]
    case 'cpus':
      return [`cpus ${value / 1_000}`]
    case 'timeout':
    case 'stopGrace':
      return [`${name} ${duration(value)}`]
    default:
      return [`${name} ${value}`]
  }
}

function mountOf(mount: unknown): string {
  const { source, volume, target, readOnly, size } = fieldsOf(mount)
  const from = source ?? volume ?? `tmpfs${typeof size === 'number' && size > 0 ? ` of ${bytes(size)}` : ''}`
  return `${textOf(from)} → ${textOf(target)}${readOnly === true ? ' (read-only)' : ''}`
}

/** Arguments with white space are quoted. */
const commandOf = (words: readonly unknown[]): string =>
  words.map(word => (/^[^\s"']+$/.test(textOf(word)) ? textOf(word) : plainText(word))).join(' ')

const textOf = (value: unknown): string => (typeof value === 'string' ? value : plainText(value))
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
