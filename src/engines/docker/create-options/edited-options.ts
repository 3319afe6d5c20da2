import { posix } from 'node:path'
import { type FieldIssue, InvalidInputError } from '../../../errors.ts'
import { isWithin } from '../../../task/mounts/dangerous-mounts.ts'
import { isRecord } from '../../../utils/validation/issues.ts'
import type { AllowName } from '../config/allow.ts'
import { unknownKeys } from './api-keys.ts'
import type { CreateOptions } from './create-options.ts'
import type { Fields } from './edit.ts'
import { type Loosening, loosenings } from './edit-rules.ts'
import { type BindSource, bindSources } from './mount-rules.ts'
import { dangerBehind } from './mount-sources.ts'

/** The settings that decide which edits are permitted. */
export interface EditRules {
  readonly isHardened: boolean
  readonly allow: readonly AllowName[]
  readonly allowDangerousMounts: boolean
  /** The engine sees the files of this machine, so that links can be followed. */
  readonly local: boolean
  /** The path of the engine's own socket on this machine. */
  readonly engineSocket?: string | undefined
}

/**
 * Checks create options that may have been edited by hand (Fn's `ContainerOptions`), and replaces them by what was
 * checked. Restores the labels that identify the container. Whatever is not known to be harmless loosens the profile,
 * and the config must list it in `allow`.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
 * @returns the names of what is loosened.
 */
export async function checkEditedOptions(
  options: CreateOptions,
  defaults: CreateOptions,
  { isHardened, allow, allowDangerousMounts, ...sources }: EditRules,
): Promise<readonly string[]> {
  const text = asText(options)
  const now = fromText(text)
  const unedited = asText(defaults)
  if (text === unedited) {
    replace(options, now)
    return []
  }
  const before = fromText(unedited)
  if (!isRecord(now.HostConfig)) refuse([issue('HostConfig', 'the edited value', 'an object')])
  for (const fields of [now, now.HostConfig as Fields]) makeLists(fields)
  now.Labels = labelsOf(now.Labels, defaults.Labels)
  const unknown = unknownKeys(now)
  const loosened = [
    ...loosenings(now, before, isHardened),
    ...unknown.map(({ path }): Loosening => ({ option: path, name: 'other-options' })),
  ]
  const dangers = await dangersOf(now.HostConfig as Fields, before.HostConfig as Fields, sources)
  const refused = [
    ...fixed(now, before),
    ...unknown.flatMap(({ path, meant }) =>
      meant === undefined ? [] : [issue(path, 'this key', `spelt ${meant}, as in the engine's API`)],
    ),
    ...loosened
      .filter(({ name }) => !allow.includes(name) && !(name.startsWith('cap:') && allow.includes('capabilities')))
      .map(({ option, name }) => issue(option, 'this edit', `listed as '${name}' in the config's allow`)),
    ...(allowDangerousMounts ? [] : dangers).map(({ source, danger }) =>
      issue(
        'HostConfig',
        `'${source}'`,
        `another mount source: it is ${danger}; the config's allowDangerousMounts permits it`,
      ),
    ),
  ]
  if (refused.length > 0) refuse(refused)
  const names = new Set<string>(loosened.map(({ name }) => name))
  replace(options, now)
  return [...names, ...(dangers.length > 0 ? ['allowDangerousMounts'] : [])]
}

/** The lists for which the engine also takes one text. */
const lists = ['Cmd', 'Entrypoint', 'Shell', 'CapAdd', 'CapDrop']

function makeLists(fields: Record<string, unknown>): void {
  for (const name of lists) if (typeof fields[name] === 'string') fields[name] = [fields[name]]
}

/** The labels as edited, but for those by which containers are found. */
function labelsOf(edited: unknown, defaults: CreateOptions['Labels']): Fields {
  const isOurs = ([name]: [string, unknown]) => name.startsWith('cookietin.')
  const others = Object.entries(isRecord(edited) ? edited : {}).filter(label => !isOurs(label))
  return Object.fromEntries([...others, ...Object.entries(defaults).filter(isOurs)])
}

/** The options as the engine reads them. */
function asText(options: object): string {
  let text: string | undefined
  try {
    text = JSON.stringify(options)
  } catch {
    // What cannot be written is refused as what has no JSON.
  }
  return text ?? refuse([{ field: 'containerOptions', value: 'the edited value', allowed: 'JSON' }])
}

const fromText = (text: string) => JSON.parse(text) as Record<string, unknown>

/** Edits that no config permits. */
function fixed(now: Fields, before: Fields): FieldIssue[] {
  const { Image, WorkingDir } = now
  return [
    // The image is checked, pulled and kept by the task's name for it.
    ...(Image === before.Image ? [] : [issue('Image', `'${Image}'`, "the task's image")]),
    ...(typeof WorkingDir === 'string' && isWithin(posix.normalize(`/${WorkingDir}`), '/proc')
      ? [issue('WorkingDir', `'${WorkingDir}'`, 'outside /proc')]
      : []),
  ]
}

/** The new mount sources that give control of the host, as they are written and where their links lead. */
async function dangersOf(now: Fields, before: Fields, rules: Pick<EditRules, 'local' | 'engineSocket'>) {
  const known = bindSources(before)
  // A source that was read-only is another one when it can be written to.
  const isKnown = ({ source, readOnly }: BindSource) =>
    known.some(mount => mount.source === source && (readOnly || !mount.readOnly))
  const added = bindSources(now).filter(mount => !isKnown(mount))
  const found = await Promise.all(
    added.map(async ({ source, readOnly }) => ({ source, danger: await dangerBehind(source, { readOnly, ...rules }) })),
  )
  return found.flatMap(({ source, danger }) => (danger === undefined ? [] : [{ source, danger }]))
}

/** What was checked is what is sent, whatever the edited objects answer when they are read once more. */
function replace(options: CreateOptions, checked: Fields): void {
  if (Object.isSealed(options)) {
    refuse([{ field: 'containerOptions', value: 'frozen or sealed options', allowed: 'options that can be changed' }])
  }
  for (const key of Object.keys(options)) delete (options as unknown as Record<string, unknown>)[key]
  Object.assign(options, checked)
}

const issue = (option: string, value: string, allowed: string): FieldIssue => ({
  field: `containerOptions.${option}`,
  value,
  allowed,
})

function refuse(issues: readonly FieldIssue[]): never {
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', issues)
}
