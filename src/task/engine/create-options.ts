/** A value of JSON, for the parts of the engine's API that have keys of their own. */
type Keyed<T = string> = Record<string, T>

/** A path of a device and a limit on its use. */
interface DeviceRate {
  Path: string
  Rate: number
}

/** One mount of a container, as the engine's API writes it. */
export interface MountOptions {
  Type: 'bind' | 'volume' | 'tmpfs' | 'image' | 'cluster' | 'npipe'
  Source?: string
  Target: string
  ReadOnly?: boolean
  Consistency?: string
  BindOptions?: {
    Propagation?: string
    NonRecursive?: boolean
    CreateMountpoint?: boolean
    ReadOnlyNonRecursive?: boolean
    ReadOnlyForceRecursive?: boolean
  }
  VolumeOptions?: {
    NoCopy?: boolean
    Subpath?: string
    Labels?: Keyed
    DriverConfig?: { Name?: string; Options?: Keyed }
  }
  TmpfsOptions?: { SizeBytes?: number; Mode?: number; Options?: string[][] }
  ImageOptions?: { Subpath?: string }
}

/** A request for devices, such as GPUs. */
export interface DeviceRequest {
  Driver?: string
  Count?: number
  DeviceIDs?: string[]
  Capabilities?: string[][]
  Options?: Keyed
}

/** The `HostConfig` of {@link CreateOptions}. */
export interface HostOptions {
  Init: boolean
  CapDrop: string[]
  SecurityOpt: string[]
  /** 0: no limit. */
  PidsLimit: number
  ReadonlyRootfs: boolean
  RestartPolicy: { Name: string; MaximumRetryCount?: number }
  Annotations?: Keyed
  AutoRemove?: boolean
  /** `source:target[:modes]`. */
  Binds?: string[]
  BlkioDeviceReadBps?: DeviceRate[]
  BlkioDeviceReadIOps?: DeviceRate[]
  BlkioDeviceWriteBps?: DeviceRate[]
  BlkioDeviceWriteIOps?: DeviceRate[]
  BlkioWeight?: number
  BlkioWeightDevice?: { Path: string; Weight: number }[]
  CapAdd?: string[]
  CgroupParent?: string
  CgroupnsMode?: string
  CpuPeriod?: number
  CpuQuota?: number
  CpuRealtimePeriod?: number
  CpuRealtimeRuntime?: number
  CpuShares?: number
  CpusetCpus?: string
  CpusetMems?: string
  DeviceCgroupRules?: string[]
  DeviceRequests?: DeviceRequest[]
  Devices?: { PathOnHost: string; PathInContainer: string; CgroupPermissions: string }[]
  Dns?: string[]
  DnsOptions?: string[]
  DnsSearch?: string[]
  /** `name:address`. */
  ExtraHosts?: string[]
  GroupAdd?: string[]
  IpcMode?: string
  KernelMemory?: number
  Links?: string[]
  /** Undefined: the engine's default log driver. */
  LogConfig?: { Type: string; Config: Keyed }
  MaskedPaths?: string[]
  /** Bytes. */
  Memory?: number
  /** Bytes. */
  MemoryReservation?: number
  /** Bytes of memory and swap together; -1: no limit. */
  MemorySwap?: number
  MemorySwappiness?: number
  Mounts?: MountOptions[]
  NanoCpus?: number
  NetworkMode?: string
  OomKillDisable?: boolean
  OomScoreAdj?: number
  PidMode?: string
  PortBindings?: Keyed<{ HostIp?: string; HostPort?: string }[]>
  Privileged?: boolean
  PublishAllPorts?: boolean
  ReadonlyPaths?: string[]
  Runtime?: string
  /** Bytes. */
  ShmSize?: number
  StorageOpt?: Keyed
  Sysctls?: Keyed
  /** Mount options by path. */
  Tmpfs?: Keyed
  UTSMode?: string
  Ulimits?: { Name: string; Soft: number; Hard: number }[]
  UsernsMode?: string
  VolumeDriver?: string
  VolumesFrom?: string[]
}

/** The body of the Docker Engine's create call. What cookietin always fills in is required; all else is optional. */
export interface CreateOptions {
  /** The task's image, which cannot be changed. */
  Image: string
  /** `NAME=value`. */
  Env: string[]
  Labels: Keyed
  Tty: boolean
  AttachStdin: boolean
  AttachStdout: boolean
  AttachStderr: boolean
  OpenStdin: boolean
  StdinOnce: boolean
  HostConfig: HostOptions
  Cmd?: string[]
  Domainname?: string
  /** `['']` leaves out the image's. */
  Entrypoint?: string[]
  ExposedPorts?: Keyed<object>
  /** Times are in nanoseconds. */
  Healthcheck?: {
    Test?: string[]
    Interval?: number
    Timeout?: number
    Retries?: number
    StartPeriod?: number
    StartInterval?: number
  }
  Hostname?: string
  MacAddress?: string
  NetworkingConfig?: {
    EndpointsConfig?: Keyed<{
      Aliases?: string[]
      IPAMConfig?: { IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: string[] }
      MacAddress?: string
      GwPriority?: number
      DriverOpts?: Keyed
      Links?: string[]
    }>
  }
  StopSignal?: string
  StopTimeout?: number
  User?: string
  Volumes?: Keyed<object>
  WorkingDir?: string
}

/** Changes the create options of a container before it is created. It changes them in place, at once. */
export type ContainerOptionsHook = (options: CreateOptions) => unknown
