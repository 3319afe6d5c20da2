import { isIP } from 'node:net'
import { frozenArray, frozenRecord } from '../../utils/validation/frozen.ts'
import { type Issues, isRecord } from '../../utils/validation/issues.ts'
import { boolean, callback, isText, line, or, type Rule, size, whole } from '../../utils/validation/rules.ts'
import { readStrings } from '../../utils/validation/strings.ts'
import { readCommand } from '../command.ts'
import type { ResolvedTask } from '../resolved-task.ts'
import type { ContainerTask } from '../task.ts'
import { type Capability, readCapability } from './capabilities.ts'
import type { ContainerOptionsHook } from './create-options.ts'

const hostName = /^[a-zA-Z0-9_]([a-zA-Z0-9_.-]*[a-zA-Z0-9_])?$/
const gpus = or(whole({ unit: 'GPUs' }), 0)
/** The prefix of the labels by which our containers and volumes are found. */
const ownLabels = 'cookietin.'

/** The fields of a task that the engine's create call takes as they are. */
export type EngineOptions = Pick<
  ResolvedTask,
  | 'entrypoint'
  | 'labels'
  | 'platform'
  | 'network'
  | 'disableNet'
  | 'gpus'
  | 'runtime'
  | 'shmSize'
  | 'extraHosts'
  | 'dns'
  | 'hostname'
  | 'init'
  | 'capAdd'
  | 'capDrop'
  | 'containerOptions'
>

/** Reads the options of the engine. */
export function readEngineOptions(
  issues: Issues,
  fields: Readonly<Record<keyof ContainerTask, unknown>>,
  command: readonly string[],
): EngineOptions {
  return {
    ...readNetwork(issues, fields.network, fields.disableNet),
    entrypoint: readEntrypoint(issues, fields.entrypoint, command),
    labels: readLabels(issues, fields.labels),
    platform: issues.read('platform', fields.platform, platformRule, undefined),
    gpus: fields.gpus === 'all' ? 'all' : issues.read('gpus', fields.gpus, gpuRule, 0),
    runtime: issues.read('runtime', fields.runtime, nameRule, undefined),
    shmSize: issues.read('shmSize', fields.shmSize, size, 0),
    extraHosts: readExtraHosts(issues, fields.extraHosts),
    dns: readDns(issues, fields.dns),
    hostname: issues.read('hostname', fields.hostname, hostNameRule, undefined),
    init: issues.read('init', fields.init, boolean, undefined),
    capAdd: readCapabilities(issues, 'capAdd', fields.capAdd),
    capDrop: readCapabilities(issues, 'capDrop', fields.capDrop),
    containerOptions: issues.read('containerOptions', fields.containerOptions, callback, undefined) as
      | ContainerOptionsHook
      | undefined,
  }
}

const gpuRule: Rule<number> = { ...gpus, allowed: "a whole number of GPUs from 0 up, or 'all'" }

const nameRule: Rule<string> = {
  allowed: 'a name on one line',
  read: value => (line.read(value) === '' ? undefined : line.read(value)),
}

const hostNameRule: Rule<string> = {
  allowed: 'a host name of up to 63 letters, digits, "-" and "."',
  read: value =>
    typeof value === 'string' && value.length <= 63 && /^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(value)
      ? value
      : undefined,
}

const otherArchitectures: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64', i386: '386' }
const architectures = 'amd64 arm64 arm 386 ppc64le s390x riscv64 loong64 mips64le wasm'.split(' ')

/** As the engine reads it: in any case, also an architecture alone. */
const platformRule: Rule<string> = {
  allowed: "an OS and an architecture, such as 'linux/arm64' or 'linux/arm/v7'",
  read(value) {
    if (typeof value !== 'string' || !/^[\w.-]+(?:\/[\w.-]+){0,2}$/.test(value)) return undefined
    const parts = value.toLowerCase().split('/')
    if (parts.length === 1) parts.unshift('linux')
    const [os = '', given = '', variant] = parts
    const architecture = otherArchitectures[given] ?? given
    if (value.includes('/') || architectures.includes(architecture)) {
      return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/')
    }
    return undefined
  },
}

function readEntrypoint(issues: Issues, value: unknown, command: readonly string[]): readonly string[] | undefined {
  if (value === undefined) return undefined
  if (value === null) {
    if (command.length === 0) issues.add('entrypoint', null, 'left out, or null with a command')
    return Object.freeze([])
  }
  const words = readCommand(issues, value, 'entrypoint')
  if (words.length === 0 && (typeof value === 'string' || Array.isArray(value))) {
    issues.add('entrypoint', value, "the program to run, or null to leave out the image's")
  }
  return Object.freeze(words)
}

/** The engine finds containers by labels: those of ours are not a task's. */
function readLabels(issues: Issues, value: unknown): Readonly<Record<string, string>> {
  const entries = readStrings(issues, 'labels', value)
  for (const [name] of entries) {
    if (name === '' || !isText(name)) issues.add('labels', name, 'an object whose names are not empty')
    else if (name.toLowerCase().startsWith(ownLabels)) {
      issues.add(`labels.${name}`, name, `a name that does not begin with ${ownLabels}`)
    }
  }
  return frozenRecord(entries)
}

function readNetwork(issues: Issues, value: unknown, disable: unknown): Pick<ResolvedTask, 'network' | 'disableNet'> {
  const disableNet = issues.read('disableNet', disable, boolean, false)
  const network = issues.read('network', value, nameRule, undefined)
  if (network === 'none') return { network: undefined, disableNet: true }
  if (network === undefined || network === 'default') return { network: undefined, disableNet }
  if (disableNet) issues.add('network', network, 'left out where disableNet is true')
  return { network, disableNet }
}

function readExtraHosts(issues: Issues, value: unknown): Readonly<Record<string, string>> {
  const entries = readStrings(issues, 'extraHosts', value)
  for (const [name, address] of entries) {
    if (!hostName.test(name)) issues.add('extraHosts', name, 'an object whose names are host names')
    if (isIP(address) === 0 && address !== 'host-gateway') {
      issues.add(`extraHosts.${name}`, address, "an IP address, or 'host-gateway'")
    }
  }
  return frozenRecord(entries)
}

function readDns(issues: Issues, value: unknown): readonly string[] {
  return readList(issues, 'dns', value, {
    allowed: 'an IP address',
    read: address => (typeof address === 'string' && isIP(address) !== 0 ? address : undefined),
  })
}

function readCapabilities(issues: Issues, field: string, value: unknown): readonly Capability[] {
  const allowed = "the name of a capability, such as 'SYS_PTRACE'"
  return frozenArray([...new Set(readList(issues, field, value, { allowed, read: readCapability }))])
}

function readList<T>(issues: Issues, field: string, value: unknown, rule: Rule<T>): readonly T[] {
  if (value === undefined) return frozenArray<T>([])
  if (!Array.isArray(value)) {
    issues.add(field, isRecord(value) ? 'an object' : value, `an array, each ${rule.allowed}`)
    return []
  }
  const read = value.map((entry: unknown, index) => issues.read(`${field}[${index}]`, entry ?? null, rule, undefined))
  return Object.freeze(read.filter(entry => entry !== undefined))
}
