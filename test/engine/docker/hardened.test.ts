import { expect, test } from 'vitest'
import type { DockerConfig } from '../../../src/engines/docker/config/config.ts'
import type { ContainerTask } from '../../../src/task/task.ts'
import { live, testEngine } from '../../support/engine/docker.ts'
import { engineRequest } from '../../support/engine/request.ts'
import { testImage } from '../../support/images/images.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'

checkLeaks()

/**
 * Common attacks of hostile code. Each prints `open` when it succeeds. Two are missing: busybox's `date -s` reports
 * success without an effect, and the engine permits low ports to every container.
 */
const attempts: Readonly<Record<string, string>> = {
  'write to the root': 'touch /x',
  'write to /etc/passwd': 'echo x >> /etc/passwd',
  'write to /dev': 'touch /dev/x',
  'write to /dev/shm': 'touch /dev/shm/x',
  'run from /tmp': 'cp /bin/busybox /tmp/busybox && /tmp/busybox true',
  'set the core pattern': 'echo x > /proc/sys/kernel/core_pattern',
  'press the magic key': 'echo h > /proc/sysrq-trigger',
  "read the kernel's memory": 'head -c 1 /proc/kcore | grep -q .',
  'read keys': 'grep -q . /proc/keys',
  'read timers': 'grep -q . /proc/timer_list',
  'read the log of the kernel': 'dmesg | grep -q .',
  'mount a tmpfs': 'mount -t tmpfs x /tmp',
  'mount a cgroup': 'mkdir /tmp/c && mount -t cgroup x /tmp/c',
  'set a release agent': 'find /sys/fs/cgroup -name release_agent -writable | grep -q . ',
  'make a user namespace': 'unshare -U true',
  'be root in a user namespace': 'unshare -Ur true',
  'make a device': 'mknod /tmp/d c 1 3',
  'give a file away': 'touch /tmp/f && chown 1 /tmp/f',
  'become root by a set-uid program':
    'cp /bin/busybox /tmp/busybox && chmod 4755 /tmp/busybox && test "$(/tmp/busybox id -u)" = 0',
  'open a raw socket': 'ping -c 1 -W 1 127.0.0.1',
  'set the host name': 'hostname x',
  'change the root': 'chroot / true',
  'go before others': 'nice -n -5 true && test "$(nice)" = -5',
  'see processes of the host': 'test "$(ls -d /proc/[0-9]* | wc -l)" -gt 12',
  "reach the engine's socket": 'find / -name "docker.sock" 2>/dev/null | grep -q .',
  'have a way out': 'ip route | grep -q default',
  'have another interface': 'test "$(ls /sys/class/net | wc -l)" -gt 1',
  'read the cloud metadata': 'wget -T 1 -q -O - http://169.254.169.254/',
  'read a disk': 'head -c 1 /dev/sda || head -c 1 /dev/vda || head -c 1 /dev/nvme0n1',
  'set a kernel variable': 'echo 1 > /proc/sys/net/ipv4/ip_forward',
  'have many files open': 'test "$(ulimit -n)" -gt 2000',
  'have many processes':
    'l=$(cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null); test "$l" = max || test "$l" -gt 128',
  'fill the disk': 'head -c 100000000 /dev/zero > /tmp/f; test "$(wc -c < /tmp/f)" -gt 70000000',
  'make files without end':
    'i=0; while [ $i -lt 20 ]; do mkdir -p /tmp/n/$i; j=0; while [ $j -lt 1000 ]; do : > /tmp/n/$i/$j || exit 1; j=$((j+1)); done; i=$((i+1)); done',
  'dump its core': 'test "$(ulimit -c)" != 0',
}

const scriptOf = (names: readonly string[]) =>
  names
    .map(name => `if (${attempts[name]}) > /dev/null 2>&1; then echo "open: ${name}"; fi; rm -rf /tmp/* 2> /dev/null`)
    .join('\n')

/** The attacks of the list, or of a part of it, that succeed. */
async function open(
  task: Partial<ContainerTask>,
  config: DockerConfig = {},
  names = Object.keys(attempts),
): Promise<string[]> {
  await using given = await testEngine(config)
  const container = given.container({ command: ['sh', '-c', scriptOf(names)], ...task })
  const { stdout, exit } = await live(container)
  await container.remove()
  expect(exit.exitCode).toBe(0)
  return stdout
    .split('\n')
    .filter(line => line.startsWith('open: '))
    .map(line => line.slice('open: '.length))
}

test('the hardened profile leaves nothing of the attack list open', async () => {
  expect(await open({ profile: 'hardened' })).toEqual([])
})

const closedByDefault = ['make a device', 'give a file away', 'change the root', 'open a raw socket']
const openByDefault = ['write to the root', 'run from /tmp', 'have a way out', 'have many processes']
const both = [...openByDefault, ...closedByDefault]

test('the attack list finds the holes of the default profile, and those that allow opens', async () => {
  const root = { disableNet: false, user: '0' }
  expect(await open(root, {}, both)).toEqual(openByDefault)
  expect(await open(root, { allow: ['capabilities', 'new-privileges'], pids: 0 }, both)).toEqual(both)
})

test('an image with volumes is rejected, unless allow lists hardened-volumes', async () => {
  const image = 'cookietin-test/volumes:1'
  const made = (await engineRequest('POST', '/containers/create', { Image: testImage })) as { Id: string }
  await engineRequest(
    'POST',
    `/commit?container=${made.Id}&repo=cookietin-test/volumes&tag=1&changes=${encodeURIComponent('VOLUME /data')}`,
  )
  await engineRequest('DELETE', `/containers/${made.Id}`)
  const run = async (task: Partial<ContainerTask>, config: DockerConfig = {}) => {
    await using given = await testEngine(config)
    const container = given.container({ image, command: ['sh', '-c', 'mount | grep -c " /data "'], ...task })
    try {
      return (await live(container)).stdout.trim()
    } finally {
      await container.remove()
    }
  }
  await expect(run({ profile: 'hardened' })).rejects.toThrow(
    /image: 'cookietin-test\/volumes:1' is not allowed.*\/data/,
  )
  const { Id: id } = (await engineRequest('GET', `/images/${image}/json`)) as { Id: string }
  const digits = id.slice('sha256:'.length)
  for (const reference of [id, digits, digits.slice(0, 12), `docker.io/${image}`]) {
    await expect(run({ profile: 'hardened', image: reference })).rejects.toThrow(/an image without volumes.*\/data/)
    expect(await run({ image: reference })).toBe('1')
  }
  expect(await run({ profile: 'hardened' }, { allow: 'hardened-volumes' })).toBe('1')
  expect(await run({})).toBe('1')
  await engineRequest('DELETE', `/images/${image}`)
})

test('an image by an id that the engine does not have is not pulled', async () => {
  await using given = await testEngine()
  for (const pull of ['missing', 'always', 'never'] as const) {
    for (const image of [`sha256:${'0'.repeat(64)}`, '0'.repeat(64)]) {
      const container = given.container({ image, pull })
      await expect(live(container)).rejects.toMatchObject({
        code: 'ERR_COOKIETIN_IMAGE_NOT_FOUND',
        message: expect.stringMatching(/no image of the id sha256:0{64}, .*cannot be pulled by its id/),
      })
      await container.remove()
    }
  }
})

test('an image whose working directory is in /proc is rejected, unless the task has another one', async () => {
  const image = 'cookietin-test/workdir:1'
  const made = (await engineRequest('POST', '/containers/create', { Image: testImage })) as { Id: string }
  const changes = encodeURIComponent('WORKDIR /proc/self/fd/8')
  await engineRequest('POST', `/commit?container=${made.Id}&repo=cookietin-test/workdir&tag=1&changes=${changes}`)
  await engineRequest('DELETE', `/containers/${made.Id}`)
  await using given = await testEngine()
  for (const profile of ['default', 'hardened'] as const) {
    for (const workDir of [undefined, '/tmp']) {
      const container = given.container({ image, profile, workDir, command: ['pwd'] })
      const ended = live(container).then(({ stdout }) => stdout.trim())
      if (workDir === undefined) await expect(ended).rejects.toThrow(/image whose working directory is outside \/proc/)
      else expect(await ended).toBe('/tmp')
      await container.remove()
    }
  }
  await engineRequest('DELETE', `/images/${image}`)
})

test('requireDigest rejects an image without a digest', async () => {
  await using given = await testEngine({ requireDigest: true })
  expect(() => given.container({ image: 'busybox:latest' })).toThrow(
    /image: 'busybox:latest' is not allowed, it must be an image named by its digest/,
  )
  expect(() => given.container({ image: 'aaaaaaaaaaaa' })).toThrow(/named by its digest/)
  expect(() => given.container({ image: `busybox@sha256:${'a'.repeat(64)}` })).not.toThrow()
  expect(() => given.container({ image: `sha256:${'a'.repeat(64)}` })).not.toThrow()
})

test('a container gets the runtime of the config', async () => {
  await using given = await testEngine({ runtime: 'no-such-runtime' })
  const container = given.container({ command: 'true' })
  await expect(live(container)).rejects.toThrow(/no-such-runtime/)
  await container.remove()
})
