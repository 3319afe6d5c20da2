import { isRecord } from '../../../utils/validation/issues.ts'

/** The keys that an object of the engine's API has. `anyKeys`: those are the user's own. */
type Shape = typeof anyKeys | { readonly [key: string]: Shape | undefined }

const anyKeys = 'anyKeys'
/** A value without keys, or an array of such. */
const plain: Shape = {}

const named = (...keys: readonly string[]): Readonly<Record<string, Shape>> =>
  Object.fromEntries(keys.map(key => [key, plain]))

const rate = named('Path', 'Rate')

const mount: Shape = {
  ...named('Type', 'Source', 'Target', 'ReadOnly', 'Consistency'),
  BindOptions: named(
    ...['Propagation', 'NonRecursive', 'CreateMountpoint', 'ReadOnlyNonRecursive', 'ReadOnlyForceRecursive'],
  ),
  VolumeOptions: {
    ...named('NoCopy', 'Subpath'),
    Labels: anyKeys,
    DriverConfig: { ...named('Name'), Options: anyKeys },
  },
  TmpfsOptions: named('SizeBytes', 'Mode', 'Options'),
  ImageOptions: named('Subpath'),
  ClusterOptions: anyKeys,
}

const hostConfig: Shape = {
  ...named(
    ...['Annotations', 'AutoRemove', 'Binds', 'BlkioWeight', 'CapAdd', 'CapDrop', 'Capabilities', 'Cgroup'],
    ...['CgroupParent', 'CgroupnsMode', 'ConsoleSize', 'ContainerIDFile', 'CpuCount', 'CpuPercent', 'CpuPeriod'],
    ...['CpuQuota', 'CpuRealtimePeriod', 'CpuRealtimeRuntime', 'CpuShares', 'CpusetCpus', 'CpusetMems'],
    ...['DeviceCgroupRules', 'Dns', 'DnsOptions', 'DnsSearch', 'ExtraHosts', 'GroupAdd', 'IOMaximumBandwidth'],
    ...['IOMaximumIOps', 'Init', 'IpcMode', 'Isolation', 'KernelMemory', 'KernelMemoryTCP', 'Links', 'MaskedPaths'],
    ...['Memory', 'MemoryReservation', 'MemorySwap', 'MemorySwappiness', 'NanoCpus', 'NetworkMode', 'OomKillDisable'],
    ...['OomScoreAdj', 'PidMode', 'PidsLimit', 'Privileged', 'PublishAllPorts', 'ReadonlyPaths', 'ReadonlyRootfs'],
    ...['Runtime', 'SecurityOpt', 'ShmSize', 'UTSMode', 'UsernsMode', 'VolumeDriver', 'VolumesFrom'],
  ),
  Annotations: anyKeys,
  BlkioDeviceReadBps: rate,
  BlkioDeviceReadIOps: rate,
  BlkioDeviceWriteBps: rate,
  BlkioDeviceWriteIOps: rate,
  BlkioWeightDevice: named('Path', 'Weight'),
  DeviceRequests: { ...named('Driver', 'Count', 'DeviceIDs', 'Capabilities'), Options: anyKeys },
  Devices: named('PathOnHost', 'PathInContainer', 'CgroupPermissions'),
  LogConfig: { ...named('Type'), Config: anyKeys },
  Mounts: mount,
  PortBindings: anyKeys,
  RestartPolicy: named('Name', 'MaximumRetryCount'),
  StorageOpt: anyKeys,
  Sysctls: anyKeys,
  Tmpfs: anyKeys,
  Ulimits: named('Name', 'Soft', 'Hard'),
}

/** The keys of the body of the engine's create call, up to API 1.51. */
const createBody: Shape = {
  ...named(
    ...['ArgsEscaped', 'AttachStderr', 'AttachStdin', 'AttachStdout', 'Cmd', 'Domainname', 'Entrypoint', 'Env'],
    ...['Hostname', 'Image', 'MacAddress', 'NetworkDisabled', 'OnBuild', 'OpenStdin', 'Shell', 'StdinOnce'],
    ...['StopSignal', 'StopTimeout', 'Tty', 'User', 'WorkingDir'],
  ),
  ExposedPorts: anyKeys,
  Healthcheck: named('Test', 'Interval', 'Timeout', 'Retries', 'StartPeriod', 'StartInterval'),
  HostConfig: hostConfig,
  Labels: anyKeys,
  NetworkingConfig: { EndpointsConfig: anyKeys },
  Volumes: anyKeys,
}

/** A key that the API does not have. */
export interface UnknownKey {
  /** Its path, such as `HostConfig.Mounts[0].source`. */
  readonly path: string
  /** The key that the engine takes it for: it reads keys without regard to case. */
  readonly meant: string | undefined
}

/** Finds the keys of a create call's body that the API does not have, at every depth. */
export function unknownKeys(body: unknown): readonly UnknownKey[] {
  return keysIn(body, createBody, '')
}

function keysIn(value: unknown, shape: Shape, path: string): UnknownKey[] {
  if (shape === anyKeys) return []
  if (Array.isArray(value)) return value.flatMap((entry, index) => keysIn(entry, shape, `${path}[${index}]`))
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = path === '' ? key : `${path}.${key}`
    const known = Object.hasOwn(shape, key) ? shape[key] : undefined
    if (known !== undefined) return keysIn(inner, known, at)
    return [{ path: at, meant: Object.keys(shape).find(name => fold(name) === fold(key)) }]
  })
}

/** Go compares keys by Unicode's simple case folding, where "ſ" is an "s" and the sign of Kelvin a "k". */
const fold = (key: string) => key.toUpperCase().toLowerCase()
