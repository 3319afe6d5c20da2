import { type Command, Option } from 'commander'
import { UsageError } from '../usage-error.ts'

const windows = 'this is for containers of Windows, which are not supported: use `docker run`'
const noPorts = 'no ports are published: use `docker run -p`, or reach the container on a network with --network'
const byHook = (option: string, name?: string) =>
  `there is no flag for it: set HostConfig.${option} with the task's containerOptions in a program${name === undefined ? '' : `, which takes allow: '${name}' in the config`}`

/** Options of `docker run` that users may try, and what to do instead. */
const unsupported: readonly (readonly [flags: string, why: string])[] = [
  ['-t, --tty', 'a run has no terminal: use `docker run -it` to work inside a container'],
  ['-d, --detach', 'a run ends with this command: put it in the background with your shell, or use `docker run -d`'],
  ['--detach-keys <keys>', 'a run has no terminal to detach from: use `docker run`'],
  ['-p, --publish <port>', noPorts],
  ['-P, --publish-all', noPorts],
  ['--privileged', 'containers get no privileges here: use --cap-add, or `docker run --privileged`'],
  ['-a, --attach <stream>', 'output is always printed; standard input needs -i'],
  ['--read-only', '--hardened includes it; to set it alone, set COOKIETIN_ENABLE_READONLY_ROOTFS=true'],
  ['--mount <mount>', 'folders, files and volumes are mounted with -v SOURCE:CONTAINER[:ro], a tmpfs with --tmpfs'],
  ['--restart <policy>', 'a run ends once: repeat it in your shell, or use `docker run --restart`'],
  ['--cidfile <file>', 'the container is removed at the end of the run: name the run with --id'],
  ['--disable-content-trust', 'images are not verified here: leave it out, and name the image by its digest'],
  ['--sig-proxy', 'signals are passed on to the container: leave it out'],
  ['--use-api-socket', "the engine's socket gives root on the host: use `docker run --use-api-socket`"],
  ['--no-healthcheck', 'nothing here waits for a health check: leave it out'],
  ...['cmd', 'interval', 'retries', 'start-interval', 'start-period', 'timeout'].map(
    name => [`--health-${name} <value>`, 'a run has an exit code instead of a health check: use `docker run`'] as const,
  ),
  ...['cpu-count', 'cpu-percent', 'io-maxbandwidth', 'io-maxiops', 'isolation'].map(
    name => [`--${name} <value>`, windows] as const,
  ),
  ['--cpu-period <value>', 'write --cpus NUMBER for a limit'],
  ['--cpu-quota <value>', 'write --cpus NUMBER for a limit'],
  [
    '--log-driver <driver>',
    "output is printed, and the engine keeps no log: a program can set the task's loggerConfig",
  ],
  ['--log-opt <option>', "output is printed, and the engine keeps no log: a program can set the task's loggerConfig"],
  ['--link <container>', 'join the network of the other container with --network'],
  ['--ip <address>', 'the network gives the container its address: use --network'],
  ['--ip6 <address>', 'the network gives the container its address: use --network'],
  ['--link-local-ip <address>', 'the network gives the container its address: use --network'],
  ['--mac-address <address>', 'the network gives the container its address: use --network'],
  [
    '--network-alias <name>',
    'a container is found by its own --hostname only through --add-host: use `docker run --network-alias`',
  ],
  ['--net-alias <name>', 'use `docker run --network-alias`'],
  ['--expose <port>', 'every port of a container is open to its network: leave it out'],
  ['--memory-swap <size>', 'swap is never added to --memory; COOKIETIN_ALLOW=swap gives that up'],
  ['--kernel-memory <size>', 'engines no longer support it: use --memory'],
  ['--storage-opt <option>', "use --tmpfs-size for /tmp; a program can set the task's fsSize"],
  ['--volume-driver <driver>', byHook('VolumeDriver', 'other-volumes')],
  ['--volumes-from <container>', byHook('VolumesFrom', 'other-volumes')],
  ['--annotation <annotation>', byHook('Annotations', 'other-options')],
  ['--blkio-weight <value>', byHook('BlkioWeight')],
  ['--blkio-weight-device <value>', byHook('BlkioWeightDevice')],
  ['--cgroup-parent <value>', byHook('CgroupParent', 'limits')],
  ['--cgroupns <value>', byHook('CgroupnsMode', 'namespaces')],
  ['--cpu-rt-period <value>', byHook('CpuRealtimePeriod', 'limits')],
  ['--cpu-rt-runtime <value>', byHook('CpuRealtimeRuntime', 'limits')],
  ['-c, --cpu-shares <value>', byHook('CpuShares')],
  ['--cpuset-cpus <value>', byHook('CpusetCpus')],
  ['--cpuset-mems <value>', byHook('CpusetMems')],
  ['--device <device>', byHook('Devices', 'devices')],
  ['--device-cgroup-rule <rule>', byHook('DeviceCgroupRules', 'devices')],
  ['--device-read-bps <value>', byHook('BlkioDeviceReadBps')],
  ['--device-read-iops <value>', byHook('BlkioDeviceReadIOps')],
  ['--device-write-bps <value>', byHook('BlkioDeviceWriteBps')],
  ['--device-write-iops <value>', byHook('BlkioDeviceWriteIOps')],
  ['--dns-option <option>', byHook('DnsOptions')],
  ['--dns-opt <option>', byHook('DnsOptions')],
  ['--dns-search <domain>', byHook('DnsSearch')],
  ['--domainname <name>', 'write the whole name with --hostname'],
  ['--group-add <group>', byHook('GroupAdd', 'other-options')],
  ['--ipc <mode>', byHook('IpcMode', 'namespaces')],
  ['--memory-reservation <size>', byHook('MemoryReservation')],
  ['--memory-swappiness <value>', byHook('MemorySwappiness')],
  ['--oom-kill-disable', byHook('OomKillDisable', 'limits')],
  ['--oom-score-adj <value>', byHook('OomScoreAdj', 'limits')],
  ['--pid <mode>', byHook('PidMode', 'namespaces')],
  ['--security-opt <option>', byHook('SecurityOpt', 'security-options')],
  ['--sysctl <setting>', byHook('Sysctls', 'other-options')],
  ['--userns <mode>', byHook('UsernsMode', 'namespaces')],
  ['--uts <mode>', byHook('UTSMode', 'namespaces')],
]

/** Flags that are always set, which docker also takes with a value. */
const settled: readonly (readonly [flag: string, why: string])[] = [
  ['--rm', 'the container is always removed at the end'],
  ['--interactive', 'leave -i out for a run without standard input'],
]

/** Rejects options of `docker run` with the reason, instead of "unknown option". */
export function refuseDockerOptions(command: Command): Command {
  for (const [flags, why] of unsupported) {
    // Also `--flag=true` of a flag without a value.
    const forms = flags.includes('<')
      ? [flags]
      : [flags, ...['=true', '=false'].map(value => `${longOf(flags)}${value}`)]
    for (const form of forms) {
      const option = new Option(form).hideHelp().argParser(() => undefined)
      command.addOption(option)
      command.on(`option:${option.name()}`, () => {
        throw new UsageError(`${longOf(flags)}: ${why}`)
      })
    }
  }
  for (const [flag, why] of settled) {
    command.addOption(new Option(`${flag}=true`).hideHelp())
    const option = new Option(`${flag}=false`).hideHelp()
    command.addOption(option)
    command.on(`option:${option.name()}`, () => {
      throw new UsageError(`${flag}=false: ${why}`)
    })
  }
  return command
}

const longOf = (flags: string) => /--[\w-]+/.exec(flags)?.[0] ?? flags
