import { isDeepStrictEqual } from 'node:util'
import { readCapability } from '../../../task/engine/capabilities.ts'
import { isRecord } from '../../../utils/validation/issues.ts'
import type { AllowName } from '../config/allow.ts'
import { isNetworkName } from '../config/config.ts'
import type { Fields, Rule } from './edit.ts'
import { isRoot } from './hardened.ts'
import { mountRules, mountsOnKernel } from './mount-rules.ts'

/** What an edit loosens. */
export interface Loosening {
  /** The option's path. */
  readonly option: string
  readonly name: AllowName
}

const harmless: Rule = () => []
const loosens =
  (name: AllowName): Rule =>
  () => [name]
/** Every value but those that mean nothing loosens it. */
const setLoosens =
  (name: AllowName): Rule =>
  ({ now }) =>
    isAny(now) ? [name] : []

const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])
const isAny = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : isRecord(value) ? Object.keys(value).length > 0 : Boolean(value)
const isNoNewPrivileges = (option: string) => /^no-new-privileges(?:[:=]true)?$/.test(option)
const isUnlimited = (limit: unknown) => typeof limit !== 'number' || limit <= 0
const when = (condition: boolean, name: AllowName): readonly AllowName[] => (condition ? [name] : [])

/** Any mode but these may join a namespace of the host or of another container. */
const ownNamespace =
  (...modes: readonly string[]): Rule =>
  ({ now }) =>
    when(isAny(now) && !modes.includes(String(now)), 'namespaces')

/** The rules for the options beside `HostConfig`. An option without a rule is not known to be harmless. */
const topRules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    [
      ...['ArgsEscaped', 'AttachStderr', 'AttachStdin', 'AttachStdout', 'Cmd', 'Domainname', 'Entrypoint', 'Env'],
      ...['ExposedPorts', 'Healthcheck', 'Hostname', 'Labels', 'NetworkDisabled', 'OnBuild', 'OpenStdin', 'Shell'],
      ...['StdinOnce', 'StopSignal', 'StopTimeout', 'Tty', 'WorkingDir'],
    ].map(option => [option, harmless]),
  ),
  User: ({ now, before, isHardened }) =>
    when(isHardened && before !== undefined && isRoot(String(now ?? '')), 'hardened-root'),
  Volumes: ({ now, before, isHardened }) => [
    ...when(isHardened && isAny(now), 'hardened-volumes'),
    ...mountsOnKernel(now, before),
  ],
  NetworkingConfig: ({ now, isHardened }) => {
    const endpoints = isRecord(now) && isRecord(now.EndpointsConfig) ? Object.entries(now.EndpointsConfig) : []
    return [
      ...when(isHardened && endpoints.length > 0, 'hardened-network'),
      ...when(!endpoints.every(([network]) => isNetworkName(network)), 'namespaces'),
      ...when(!endpoints.every(([, settings]) => hasOnlyNames(settings)), 'other-options'),
    ]
  },
}

/** The rules for the options of `HostConfig`. An option without a rule is not known to be harmless. */
const hostRules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    [
      ...['BlkioDeviceReadBps', 'BlkioDeviceReadIOps', 'BlkioDeviceWriteBps', 'BlkioDeviceWriteIOps', 'BlkioWeight'],
      ...['BlkioWeightDevice', 'ConsoleSize', 'CpuCount', 'CpuPercent', 'CpuPeriod', 'CpuQuota', 'CpuShares'],
      ...['CpusetCpus', 'CpusetMems', 'Dns', 'DnsOptions', 'DnsSearch', 'ExtraHosts', 'IOMaximumBandwidth'],
      ...['IOMaximumIOps', 'KernelMemory', 'KernelMemoryTCP', 'MemoryReservation', 'MemorySwappiness', 'NanoCpus'],
      'ShmSize',
    ].map(option => [option, harmless]),
  ),
  ...mountRules,
  AutoRemove: setLoosens('other-options'),
  CapAdd: ({ now, before }) =>
    texts(now)
      .filter(name => !texts(before).includes(name))
      .map(name => {
        const known = readCapability(name)
        return known === undefined ? 'capabilities' : (`cap:${known}` as const)
      }),
  CapDrop: ({ now, before }) => when(isAny(before) && !texts(now).includes('ALL'), 'capabilities'),
  CgroupParent: setLoosens('limits'),
  CgroupnsMode: ownNamespace('private'),
  CpuRealtimePeriod: setLoosens('limits'),
  CpuRealtimeRuntime: setLoosens('limits'),
  DeviceCgroupRules: setLoosens('devices'),
  DeviceRequests: setLoosens('devices'),
  Devices: setLoosens('devices'),
  Init: ({ now, before }) => when(before === true && now !== true, 'other-options'),
  IpcMode: edit => [
    ...ownNamespace('none', 'private', 'shareable')(edit),
    ...when(edit.isHardened && edit.before === 'none' && edit.now !== 'none', 'hardened-shared-memory'),
  ],
  LogConfig: ({ now, before }) => {
    const type = (value: unknown) => (isRecord(value) ? value.Type : undefined)
    return when(isRecord(before) && type(now) !== 'none' && type(now) !== type(before), 'log-files')
  },
  MaskedPaths: ({ now }) => when(now !== undefined && now !== null, 'security-options'),
  Memory: ({ all, allBefore }) => swapOf(all, allBefore),
  MemorySwap: ({ all, allBefore }) => swapOf(all, allBefore),
  NetworkMode: ({ now, before, isHardened }) => [
    ...when(isAny(now) && !isNetworkName(String(now)), 'namespaces'),
    ...when(isHardened && before === 'none' && now !== 'none', 'hardened-network'),
  ],
  OomKillDisable: setLoosens('limits'),
  OomScoreAdj: ({ now, before }) => when(Number(now ?? 0) < Number(before ?? 0), 'limits'),
  PidMode: ownNamespace('private'),
  PidsLimit: ({ now, before, isHardened }) =>
    when(!isUnlimited(before) && (isUnlimited(now) || (isHardened && Number(now) > Number(before))), 'limits'),
  PortBindings: setLoosens('ports'),
  Privileged: setLoosens('privileged'),
  PublishAllPorts: setLoosens('ports'),
  ReadonlyPaths: ({ now }) => when(now !== undefined && now !== null, 'security-options'),
  ReadonlyRootfs: ({ now, before, isHardened }) =>
    when(before === true && now !== true, isHardened ? 'hardened-writable-root' : 'other-options'),
  Runtime: loosens('runtime'),
  SecurityOpt: ({ now, before }) => [
    ...when(texts(before).some(isNoNewPrivileges) && !texts(now).some(isNoNewPrivileges), 'new-privileges'),
    ...when(
      texts(now).some(option => !isNoNewPrivileges(option)),
      'security-options',
    ),
  ],
  StorageOpt: ({ now }) => when(isRecord(now) && Object.keys(now).some(key => key !== 'size'), 'other-options'),
  UTSMode: ownNamespace('private'),
  Ulimits: ({ now, before, isHardened }) => {
    const names = (limits: unknown) => (Array.isArray(limits) ? limits.map(limit => isRecord(limit) && limit.Name) : [])
    const isEndless = (limit: unknown) => isRecord(limit) && (limit.Soft === -1 || limit.Hard === -1)
    const raises = Array.isArray(now) && now.some(isEndless)
    return when(isHardened && (raises || !names(before).every(name => names(now).includes(name))), 'limits')
  },
  UsernsMode: ownNamespace('private'),
}

/** The same number means no swap. Without one, the engine permits as much swap as memory. */
function swapOf(all: Fields, before: Fields): readonly AllowName[] {
  const isBounded = isAny(all.Memory) || before.MemorySwap !== undefined
  return when(isBounded && all.MemorySwap !== all.Memory, 'swap')
}

/** The settings of a network that only give the container names and addresses there. */
function hasOnlyNames(settings: unknown): boolean {
  const names = ['Aliases', 'IPAMConfig', 'MacAddress', 'NetworkID', 'GwPriority']
  return !isRecord(settings) || Object.entries(settings).every(([key, value]) => names.includes(key) || !isAny(value))
}

/** Finds what an edit of the options loosens. */
export function loosenings(now: Fields, before: Fields, isHardened: boolean): readonly Loosening[] {
  const { HostConfig: host, ...top } = now
  const { HostConfig: hostBefore, ...topBefore } = before
  return [
    ...changes(top, topBefore, { rules: topRules, prefix: '', isHardened }),
    ...changes(host as Fields, hostBefore as Fields, { rules: hostRules, prefix: 'HostConfig.', isHardened }),
  ]
}

interface ChangeOptions {
  readonly rules: Readonly<Record<string, Rule>>
  readonly prefix: string
  readonly isHardened: boolean
}

function changes(all: Fields, allBefore: Fields, { rules, prefix, isHardened }: ChangeOptions): Loosening[] {
  const options = [...new Set([...Object.keys(all), ...Object.keys(allBefore)])]
  return options.flatMap(option => {
    const edit = { now: all[option], before: allBefore[option], all, allBefore, isHardened }
    if (isDeepStrictEqual(edit.now, edit.before)) return []
    const rule = Object.hasOwn(rules, option) ? rules[option] : undefined
    const names = rule === undefined ? when(isAny(edit.now) || isAny(edit.before), 'other-options') : rule(edit)
    return names.map(name => ({ option: `${prefix}${option}`, name }))
  })
}
