import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { addTaskOptions } from '../../../../src/cli/options/task.ts'

/** The options of `docker run`, of Docker 20.10 to 28. */
const dockerFlags =
  `add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent cgroupns cidfile
  cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems detach detach-keys
  device device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops disable-content-trust dns dns-opt
  dns-option dns-search domainname entrypoint env env-file expose gpus group-add health-cmd health-interval health-retries
  health-start-interval health-start-period health-timeout hostname init interactive io-maxbandwidth io-maxiops ip ip6 ipc isolation
  kernel-memory label label-file link link-local-ip log-driver log-opt mac-address memory memory-reservation memory-swap
  memory-swappiness mount name network network-alias no-healthcheck oom-kill-disable oom-score-adj pid pids-limit platform privileged
  publish publish-all pull quiet read-only restart rm runtime security-opt shm-size sig-proxy stop-signal stop-timeout storage-opt
  sysctl tmpfs tty ulimit use-api-socket user userns uts volume volume-driver volumes-from workdir`.split(/\s+/)
const shortFlags = ['a', 'c', 'd', 'e', 'h', 'i', 'l', 'm', 'p', 'P', 'q', 't', 'u', 'v', 'w']

describe('an option of docker run', () => {
  // -q and --quiet are of each command itself.
  const command = addTaskOptions(new Command('run')).option('-q, --quiet')
  const known = new Set(command.options.flatMap(({ long, short }) => [long, short]))

  it('is taken, or refused with what to do instead', () => {
    expect(dockerFlags.filter(name => !known.has(`--${name}`))).toEqual([])
    expect(shortFlags.filter(name => !known.has(`-${name}`))).toEqual([])
  })

  it('may have the value that is always meant, and is refused with the other', () => {
    const parse = (...words: string[]) =>
      addTaskOptions(new Command('run'))
        .action(() => {})
        .exitOverride()
        .parse([...words, 'busybox'], { from: 'user' })
    expect(() => parse('--rm=true')).not.toThrow()
    expect(() => parse('--rm=false')).toThrow('--rm=false: the container is always removed at the end')
    expect(() => parse('--privileged=true')).toThrow('--privileged: containers get no privileges here')
  })
})
